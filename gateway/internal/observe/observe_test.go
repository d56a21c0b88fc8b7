// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/grpclog"
)

func TestLogLineHasTheKeysOfAllServices(t *testing.T) {
	var out bytes.Buffer
	logger := NewLogger(&out, "info", false)
	logger.Debug("hidden")
	logger.Warn("rpc_finished", "code", "OK")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if line["level"] != "warning" || line["event"] != "rpc_finished" || line["service"] != "gateway" || line["code"] != "OK" || len(line) != 5 {
		t.Errorf("got %v", line)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000000Z", line["ts"].(string)); err != nil {
		t.Error(err)
	}
}

// stuck is a stderr that nobody reads.
type stuck struct{ release chan struct{} }

func (s stuck) Write(b []byte) (int, error) { <-s.release; return len(b), nil }

func TestG13AStderrThatTakesNothingHoldsNobodyUp(t *testing.T) {
	out := stuck{make(chan struct{})}
	w := NewLossyWriter(out, 4)
	done := make(chan struct{})
	go func() {
		for range 100 {
			_, _ = w.Write([]byte("line\n"))
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("a writer waits")
	}
	if got := w.Dropped(); got < 95 {
		t.Errorf("%d dropped", got)
	}
	close(out.release)
	w.Close(time.Second)
}

// broken is a stderr that is closed or full.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestG13AClosedStderrIsCounted(t *testing.T) {
	w := NewLossyWriter(broken{}, 4)
	_, _ = w.Write([]byte("line\n"))
	w.Close(time.Second)
	if got := w.Dropped(); got != 1 {
		t.Errorf("%d dropped", got)
	}
}

func TestGRPCLogIsDebug(t *testing.T) {
	var out bytes.Buffer
	RedirectGRPC(NewLogger(&out, "info", false))
	grpclog.Error("quiet")
	if out.Len() > 0 {
		t.Errorf("got %s", out.String())
	}
	RedirectGRPC(NewLogger(&out, "debug", false))
	grpclog.Error("heard")
	if !strings.Contains(out.String(), `"text":"heard"`) {
		t.Errorf("got %s", out.String())
	}
}

func TestMetrics(t *testing.T) {
	m := NewMetrics(func() int64 { return 3 })
	m.Answered("GET", "/v1/seedRuns", 200, time.Millisecond)
	m.Rejected("OVERLOADED")
	m.Backend("seeder", true)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, part := range []string{
		`storefront_gateway_http_requests_total{code="200",method="GET",route="/v1/seedRuns"} 1`,
		`storefront_gateway_rejected_total{reason="OVERLOADED"} 1`, `storefront_gateway_backend_up{service="seeder"} 1`,
		"storefront_gateway_log_lines_dropped_total 3", "storefront_gateway_http_request_seconds_count", "process_open_fds",
	} {
		if !strings.Contains(answer.Body.String(), part) {
			t.Errorf("no %s", part)
		}
	}
}
