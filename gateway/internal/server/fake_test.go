// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
	"storefront-cdc/gateway/internal/config"
	"storefront-cdc/gateway/internal/observe"

	spb "google.golang.org/genproto/googleapis/rpc/status"
)

// widgets is a service that notes what it is asked. The id of a widget says how it behaves:
// "missing", "slow" (until it is cancelled), "panic"; others are there.
type widgets struct {
	testingv1.UnimplementedWidgetServiceServer
	lock     sync.Mutex
	request  proto.Message
	metadata metadata.MD
	deadline time.Duration

	cancelled chan struct{} // gets a token when a slow call or a watch sees its client leave
	released  chan struct{} // "held" calls wait for it
	held      atomic.Int64  // and are counted
}

func newWidgets() *widgets {
	return &widgets{cancelled: make(chan struct{}, 1000), released: make(chan struct{})}
}

func (w *widgets) note(ctx context.Context, request proto.Message) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.request = proto.Clone(request)
	w.metadata, _ = metadata.FromIncomingContext(ctx)
	if at, ok := ctx.Deadline(); ok {
		w.deadline = time.Until(at)
	} else {
		w.deadline = 0
	}
}

func (w *widgets) last() (proto.Message, metadata.MD, time.Duration) {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.request, w.metadata, w.deadline
}

func (w *widgets) answer(ctx context.Context, request proto.Message, name string) (*testingv1.Widget, error) {
	w.note(ctx, request)
	switch strings.TrimPrefix(name, "widgets/") {
	case "missing":
		made, _ := status.New(codes.NotFound, "There is no widget of this name.").WithDetails(
			&errdetails.ErrorInfo{Reason: "RESOURCE_NOT_FOUND", Domain: "storefront-cdc", Metadata: map[string]string{"resource": name}})
		return nil, made.Err()
	case "bare":
		return nil, status.Error(codes.Internal, "stack of 10.0.0.7")
	case "slow":
		<-ctx.Done()
		w.cancelled <- struct{}{}
		return nil, status.FromContextError(ctx.Err()).Err()
	case "held":
		w.held.Add(1)
		<-w.released
	case "strange":
		return &testingv1.Widget{Name: name, Error: &spb.Status{Code: 3, Details: []*anypb.Any{{TypeUrl: "type.googleapis.com/other.Thing"}}}}, nil
	}
	return &testingv1.Widget{Name: name, Serial: 1 << 60}, nil
}

func (w *widgets) GetWidget(ctx context.Context, r *testingv1.GetWidgetRequest) (*testingv1.Widget, error) {
	return w.answer(ctx, r, r.GetName())
}

func (w *widgets) MakeWidget(ctx context.Context, r *testingv1.MakeWidgetRequest) (*testingv1.Widget, error) {
	return w.answer(ctx, r, r.GetWidget().GetName())
}

func (w *widgets) CreateWidget(ctx context.Context, r *testingv1.CreateWidgetRequest) (*testingv1.Widget, error) {
	return w.answer(ctx, r, "widgets/"+r.GetWidgetId())
}

func (w *widgets) UpdateWidget(ctx context.Context, r *testingv1.UpdateWidgetRequest) (*testingv1.Widget, error) {
	return w.answer(ctx, r, r.GetWidget().GetName())
}

func (w *widgets) PauseWidget(ctx context.Context, r *testingv1.PauseWidgetRequest) (*testingv1.Widget, error) {
	return w.answer(ctx, r, r.GetName())
}

func (w *widgets) DeleteWidget(ctx context.Context, r *testingv1.DeleteWidgetRequest) (*emptypb.Empty, error) {
	w.note(ctx, r)
	return &emptypb.Empty{}, nil
}

func (w *widgets) ListWidgets(ctx context.Context, r *testingv1.ListWidgetsRequest) (*testingv1.ListWidgetsResponse, error) {
	w.note(ctx, r)
	return &testingv1.ListWidgetsResponse{}, nil
}

// WatchWidget sends three messages and then waits for the client to leave; "short" ends by itself.
func (w *widgets) WatchWidget(r *testingv1.WatchWidgetRequest, stream grpc.ServerStreamingServer[testingv1.WatchWidgetResponse]) error {
	_, err := w.answer(stream.Context(), r, r.GetName())
	if err != nil {
		return err
	}
	for i := range int64(3) {
		if err := stream.Send(&testingv1.WatchWidgetResponse{Sequence: r.GetAfterSequence() + i + 1}); err != nil {
			return err
		}
	}
	if r.GetName() == "widgets/short" {
		return nil
	}
	<-stream.Context().Done()
	w.cancelled <- struct{}{}
	return nil
}

// fake is the service, a gateway in front of it, and a client.
type fake struct {
	t       *testing.T
	widgets *widgets
	health  *health.Server
	server  *grpc.Server
	address string // of the service
	process *Process
	metrics *observe.Metrics
	stopped bool
}

func start(t *testing.T, flags ...string) *fake {
	t.Helper()
	f := &fake{t: t, widgets: newWidgets()}
	f.serve("127.0.0.1:0")
	arguments := append([]string{"--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0", "--drain_wait=0s",
		"--ready_services=seeder", "--seeder_address=" + f.address,
		// A developer's own stack may be on the default ports; nothing is on this one.
		"--migrator_address=127.0.0.1:1", "--connector_manager_address=127.0.0.1:1", "--topic_admin_address=127.0.0.1:1"}, flags...)
	settings, err := config.Parse(arguments, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.metrics = observe.NewMetrics(func() int64 { return 0 })
	f.process, err = Start(settings, Parts{
		Services: []Service{{Backend: "seeder", File: testingv1.File_storefront_testing_v1_testing_proto, Register: testingv1.RegisterWidgetServiceHandler}},
		Files:    pageFiles(), Version: Version{Version: "0", API: "v1", AuthMode: "none"},
		Logger: slog.New(slog.DiscardHandler), Metrics: f.metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.server.Stop()
		if !f.stopped {
			f.process.Stop()
		}
	})
	return f
}

func (f *fake) serve(address string) {
	f.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.address = listener.Addr().String()
	f.server, f.health = grpc.NewServer(), health.NewServer()
	f.health.SetServingStatus("readiness", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(f.server, f.health)
	testingv1.RegisterWidgetServiceServer(f.server, f.widgets)
	go func(server *grpc.Server) { _ = server.Serve(listener) }(f.server)
}

func pageFiles() fstest.MapFS {
	files := fstest.MapFS{"vendor/assets/a.css.gz": {Data: []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00")}}
	for _, name := range []string{"docs.js", "docs.css", "favicon.svg", "docs.html", "vendor/document/openapi.json", "vendor/document/openapi.yaml"} {
		files[name] = &fstest.MapFile{Data: []byte(name)}
	}
	return files
}

func (f *fake) url(path string) string { return "http://" + f.process.Address() + path }

func (f *fake) request(method, path, body string, header map[string]string) *http.Request {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.url(path), strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	return r
}

// answer is what came back, read whole.
type answer struct {
	code   int
	header http.Header
	body   string
	took   time.Duration
}

// reason of the ErrorInfo, which every failure must have.
func (a answer) reason() string {
	var failure struct {
		Details []struct{ Reason string } `json:"details"`
	}
	if json.Unmarshal([]byte(a.body), &failure) != nil || len(failure.Details) == 0 {
		return "no Status: " + a.body
	}
	return failure.Details[0].Reason
}

var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (f *fake) do(r *http.Request) answer {
	f.t.Helper()
	started := time.Now()
	response, err := client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body), time.Since(started)}
}

func (f *fake) get(path string) answer { return f.do(f.request("GET", path, "", nil)) }

// eventually polls until check is true.
func eventually(t *testing.T, what string, within time.Duration, check func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !check(); {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
		<-time.After(10 * time.Millisecond)
	}
}
