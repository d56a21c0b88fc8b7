// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	seederv1 "storefront-cdc/gateway/gen/storefront/seeder/v1"
	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
)

// backend sends messages 1, 2, … `count` of them, then `last`; nil: it stays silent.
type backend struct {
	grpc.ClientStream
	ctx       context.Context
	count     int
	sent      int
	last      error
	cancelled chan struct{}
}

func (b *backend) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return errors.New("a stream is no unary call")
}

func (b *backend) NewStream(ctx context.Context, _ *grpc.StreamDesc, _ string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	b.ctx = ctx
	context.AfterFunc(ctx, func() { close(b.cancelled) })
	return b, nil
}

func (b *backend) SendMsg(any) error { return nil }
func (b *backend) CloseSend() error  { return nil }

func (b *backend) RecvMsg(into any) error {
	if b.sent == b.count {
		if b.last == nil {
			<-b.ctx.Done()
			return grpcstatus.FromContextError(b.ctx.Err()).Err()
		}
		return b.last
	}
	b.sent++
	proto.Merge(into.(proto.Message), &testingv1.WatchWidgetResponse{Sequence: int64(b.sent)})
	return nil
}

// compact has no defaults and no chance whitespace, so that bytes can be compared.
func compact(message proto.Message) ([]byte, error) {
	text, err := protojson.Marshal(message)
	return []byte(strings.ReplaceAll(string(text), " ", "")), err
}

func serve(t *testing.T, b *backend, accept string, change func(*Stream)) (*httptest.ResponseRecorder, bool, *status.Failure) {
	t.Helper()
	all, err := routes.FromFile("widgets", testingv1.File_storefront_testing_v1_testing_proto)
	if err != nil {
		t.Fatal(err)
	}
	s := &Stream{Conn: b, Request: &testingv1.WatchWidgetRequest{}, WriteTimeout: time.Second, Marshal: compact,
		Render: &status.Renderer{Dropped: func() {}}, Stopping: make(chan struct{})}
	for _, route := range all {
		if route.Stream {
			s.Route = route
		}
	}
	if change != nil {
		change(s)
	}
	b.cancelled = make(chan struct{})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	begun, failure := s.Serve(t.Context(), answer, r)
	select {
	case <-b.cancelled: // whatever ended the stream, the service is told
	case <-time.After(5 * time.Second):
		t.Error("the service was not told that the stream is over")
	}
	return answer, begun, failure
}

var unavailable = grpcstatus.Error(codes.Unavailable, "connection reset by 10.0.0.7:50051")

func TestBytes(t *testing.T) {
	const lost = `{"code":14,"message":"widgets cannot be reached. Try again; ` + "`storefrontctl doctor`" + ` names the broken hop.",` +
		`"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BACKEND_UNAVAILABLE","domain":"storefront-cdc",` +
		`"metadata":{"backend":"widgets"}},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}`
	const stopping = `{"code":14,"message":"The gateway is stopping. Try again.",` +
		`"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SHUTTING_DOWN","domain":"storefront-cdc"},` +
		`{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1s"}]}`
	stopSoon := func(s *Stream) {
		ends := make(chan struct{})
		time.AfterFunc(50*time.Millisecond, func() { close(ends) })
		s.Stopping = ends
	}
	for _, c := range []struct {
		name, accept string
		backend      *backend
		change       func(*Stream)
		contentType  string
		body         string // "" with a failure: the caller writes it
		reason       string
	}{
		{"lines to the end", "", &backend{count: 2, last: io.EOF}, nil, "application/x-ndjson",
			"{\"result\":{\"sequence\":\"1\"}}\n{\"result\":{\"sequence\":\"2\"}}\n", ""},
		{"events to the end", "text/event-stream", &backend{count: 2, last: io.EOF}, nil, "text/event-stream",
			"id: 1\ndata: {\"sequence\":\"1\"}\n\nid: 2\ndata: {\"sequence\":\"2\"}\n\nevent: end\ndata: {}\n\n", ""},
		{"no message", "", &backend{last: io.EOF}, nil, "application/x-ndjson", "", ""},
		{"as many lines as asked for", "", &backend{count: 9}, func(s *Stream) { s.Window.Messages = 2 }, "application/x-ndjson",
			"{\"result\":{\"sequence\":\"1\"}}\n{\"result\":{\"sequence\":\"2\"}}\n", ""},
		{"as many seconds as asked for", "text/event-stream", &backend{count: 1}, func(s *Stream) { s.Window.Time = 50 * time.Millisecond }, "text/event-stream",
			"id: 1\ndata: {\"sequence\":\"1\"}\n\nevent: end\ndata: {}\n\n", ""},
		{"G11 failure before the first message", "", &backend{last: unavailable}, nil, "", "", "BACKEND_UNAVAILABLE"},
		{"G11 failure after it", "", &backend{count: 1, last: unavailable}, nil, "application/x-ndjson",
			"{\"result\":{\"sequence\":\"1\"}}\n{\"error\":" + lost + "}\n", "BACKEND_UNAVAILABLE"},
		{"G11 failure as an event", "text/event-stream", &backend{count: 1, last: unavailable}, nil, "text/event-stream",
			"id: 1\ndata: {\"sequence\":\"1\"}\n\nevent: status\ndata: " + lost + "\n\n", "BACKEND_UNAVAILABLE"},
		{"G10 the gateway stops", "", &backend{}, stopSoon, "", "", "SHUTTING_DOWN"},
		{"G10 the gateway stops after a message", "text/event-stream", &backend{count: 1}, stopSoon, "text/event-stream",
			"id: 1\ndata: {\"sequence\":\"1\"}\n\nevent: status\ndata: " + stopping + "\n\n", "SHUTTING_DOWN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, begun, failure := serve(t, c.backend, c.accept, c.change)
			if got := answer.Header().Get("Content-Type"); got != c.contentType || answer.Body.String() != c.body {
				t.Errorf("got %q\n%s", got, answer.Body)
			}
			reason := ""
			if failure != nil {
				reason = failure.Reason
			}
			if reason != c.reason || begun != (c.contentType != "") {
				t.Errorf("begun %t, failure %q", begun, reason)
			}
			if begun && (answer.Header().Get("X-Accel-Buffering") != "no" || !answer.Flushed) {
				t.Errorf("not flushed, or a proxy may hold it back: %v", answer.Header())
			}
		})
	}
}

// deaf is a client whose connection takes nothing.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("i/o timeout") }

func TestG6AClientThatTakesNothingIsCut(t *testing.T) {
	b := &backend{count: 5, cancelled: make(chan struct{})}
	route := &routes.Route{Backend: "widgets", Output: (&testingv1.WatchWidgetResponse{}).ProtoReflect().Descriptor()}
	s := &Stream{Conn: b, Route: route, Request: &testingv1.WatchWidgetRequest{}, Marshal: compact,
		Render: &status.Renderer{Dropped: func() {}}, WriteTimeout: time.Second}
	begun, failure := s.Serve(t.Context(), deaf{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
	if !begun || failure == nil || failure.Reason != "CALL_CANCELLED" || !strings.Contains(failure.Internal, "timeout") {
		t.Fatalf("got %t %v", begun, failure)
	}
	<-b.cancelled
}

func TestWantsEvents(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/event-stream": true, "application/json, text/event-stream;q=0.5": true,
		"text/event-stream;q=0": false, "TEXT/EVENT-STREAM": true, "text/*": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := WantsEvents(r); got != want {
			t.Errorf("%q: got %t", accept, got)
		}
	}
}

func TestSequenceIsFoundInsideTheResource(t *testing.T) {
	if id, ok := Sequence((&testingv1.WatchWidgetResponse{Sequence: 7}).ProtoReflect()); !ok || id != 7 {
		t.Errorf("got %d %t", id, ok)
	}
	run := &seederv1.SeedRun{Progress: &seederv1.SeedProgress{Sequence: 9}}
	if id, ok := Sequence((&seederv1.WatchSeedRunResponse{SeedRun: run}).ProtoReflect()); !ok || id != 9 {
		t.Errorf("got %d %t", id, ok)
	}
	if _, ok := Sequence((&testingv1.Widget{}).ProtoReflect()); ok {
		t.Error("a widget has no sequence")
	}
}
