// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"storefront-cdc/gateway/internal/observe"
	"storefront-cdc/gateway/internal/status"
)

func TestG1AServiceThatIsAway(t *testing.T) {
	f := start(t)
	if got := f.get("/v1/widgets"); got.code != 200 {
		t.Fatalf("got %d", got.code)
	}
	f.server.Stop()
	eventually(t, "503 in less than 50 ms, with Retry-After and without an address", 5*time.Second, func() bool {
		got := f.get("/v1/widgets")
		return got.code == 503 && got.reason() == "BACKEND_UNAVAILABLE" && got.header.Get("Retry-After") == "2" &&
			!strings.Contains(got.body, "127.0.0.1") && got.took < 50*time.Millisecond
	})
	if got := f.get("/readyz"); got.code != 503 {
		t.Errorf("readyz: %d", got.code)
	}
	if got := f.get("/livez"); got.code != 200 {
		t.Errorf("livez: %d", got.code)
	}
	f.serve(f.address)
	eventually(t, "200 once the service is back", 5*time.Second, func() bool { return f.get("/v1/widgets").code == 200 })
}

func TestG4SlowAndFalseClients(t *testing.T) {
	f := start(t, "--header_read_timeout=300ms", "--read_timeout=600ms")
	for name, c := range map[string]struct{ sent, answer string }{
		"half a header is closed":  {"GET /livez HTTP/1.1\r\nHost: loc", ""},
		"half a body is an answer": {"POST /v1/widgets:make HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", "HTTP/1.1 400"},
		"1 GiB is refused unread":  {"POST /v1/widgets:make HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{", "HTTP/1.1 413"},
		"headers over the limit":   {"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", "HTTP/1.1 431"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", f.process.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, c.sent)
			_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			got, err := io.ReadAll(conn) // until the gateway closes
			if err != nil && !strings.Contains(err.Error(), "reset") || !strings.HasPrefix(string(got), c.answer) {
				t.Errorf("%v: %q", err, got)
			}
		})
	}
}

func TestG5ExcessIsRefusedAtOnceAndHealthAnswers(t *testing.T) {
	f := start(t, "--unary_in_flight_max=2")
	var held sync.WaitGroup
	for range 2 {
		held.Go(func() {
			if got := f.get("/v1/widgets/held"); got.code != 200 {
				t.Errorf("an admitted call: %d", got.code)
			}
		})
	}
	eventually(t, "both are under way", 5*time.Second, func() bool { return f.widgets.held.Load() == 2 })
	eventually(t, "a third call is refused in less than 50 ms", 5*time.Second, func() bool {
		got := f.get("/v1/widgets")
		return got.code == 429 && got.reason() == "OVERLOADED" && got.header.Get("Retry-After") == "1" && got.took < 50*time.Millisecond
	})
	for _, path := range []string{"/livez", "/readyz", "/docs", "/v1/widgets/short:watch"} {
		if got := f.get(path); got.code != 200 {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	close(f.widgets.released)
	held.Wait()
	eventually(t, "places are free again", 5*time.Second, func() bool { return f.get("/v1/widgets").code == 200 })
}

func TestG6StreamsAreCounted(t *testing.T) {
	f := start(t, "--streams_max=1")
	open, err := client.Do(f.request("GET", "/v1/widgets/a:watch", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.get("/v1/widgets/short:watch"); got.code != 429 || got.reason() != "OVERLOADED" {
		t.Errorf("got %d %s", got.code, got.body)
	}
	if got := f.get("/v1/widgets"); got.code != 200 {
		t.Errorf("unary calls have places of their own: %d", got.code)
	}
	open.Body.Close()
	eventually(t, "the place is free again", 5*time.Second, func() bool { return f.get("/v1/widgets/short:watch").code == 200 })
}

func TestG8ThereIsNoHTTP2(t *testing.T) {
	f := start(t)
	conn, err := net.Dial("tcp", f.process.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if got, _ := io.ReadAll(conn); !strings.HasPrefix(string(got), "HTTP/1.1 ") {
		t.Errorf("got %q", got)
	}
}

func TestG11TheServiceSeesTheClientLeave(t *testing.T) {
	f := start(t, "--read_timeout=200ms") // which must not cut a stream
	response, err := client.Do(f.request("GET", "/v1/widgets/a:watch", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(response.Body)
	for i := range 3 {
		if !lines.Scan() || !strings.Contains(lines.Text(), fmt.Sprintf(`"%d"`, i+1)) {
			t.Fatalf("line %d: %q", i+1, lines.Text())
		}
	}
	select {
	case <-f.widgets.cancelled:
		t.Fatal("the read timeout cut the stream")
	case <-time.After(500 * time.Millisecond):
	}
	response.Body.Close()
	select {
	case <-f.widgets.cancelled:
	case <-time.After(time.Second):
		t.Error("not within a second")
	}
}

func TestG11AStreamWhoseServiceDiesEndsWithTheFailure(t *testing.T) {
	f := start(t)
	response, err := client.Do(f.request("GET", "/v1/widgets/a:watch", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for range 3 {
		lines.Scan()
	}
	f.server.Stop()
	if !lines.Scan() || !strings.Contains(lines.Text(), `{"error":`) || !strings.Contains(lines.Text(), "BACKEND_UNAVAILABLE") || lines.Scan() {
		t.Errorf("got %q", lines.Text())
	}
}

func TestStreamWindow(t *testing.T) {
	f := start(t)
	if got := f.get("/v1/widgets/a:watch?maxMessages=2"); got.code != 200 || strings.Count(got.body, "\n") != 2 || strings.Contains(got.body, "error") {
		t.Errorf("got %d %q", got.code, got.body)
	}
	got := f.do(f.request("GET", "/v1/widgets/a:watch?maxSeconds=1", "", map[string]string{"Accept": "text/event-stream", "Last-Event-ID": "5"}))
	if got.header.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(got.body, "id: 6\ndata: {") || !strings.HasSuffix(got.body, "event: end\ndata: {}\n\n") {
		t.Errorf("got %q", got.body)
	}
}

func TestG10ShutdownLosesNoCall(t *testing.T) {
	f := start(t, "--drain_wait=300ms")
	response, err := client.Do(f.request("GET", "/v1/widgets/a:watch", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	held := make(chan answer, 1)
	go func() { held <- f.get("/v1/widgets/held") }()
	eventually(t, "the held call is under way", 5*time.Second, func() bool { return f.widgets.held.Load() == 1 })
	stopped := make(chan struct{})
	f.stopped = true
	go func() { f.process.Stop(); close(stopped) }()
	eventually(t, "readyz turns 503 while the listener is open", 2*time.Second, func() bool {
		got := f.get("/readyz")
		return got.code == 503 && strings.Contains(got.body, "STOPPING")
	})
	whole, err := io.ReadAll(response.Body)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(whole)), "}}") || !strings.Contains(string(whole), "SHUTTING_DOWN") {
		t.Errorf("the stream ends with %v %q", err, whole)
	}
	close(f.widgets.released)
	if got := <-held; got.code != 200 {
		t.Errorf("a call under way: %d %s", got.code, got.body)
	}
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop")
	}
	if _, err := net.Dial("tcp", f.process.Address()); err == nil {
		t.Error("it still listens")
	}
}

func TestG12ATakenPortIsAStartFailure(t *testing.T) {
	f := start(t)
	settings := *f.process.settings
	settings.Listen = f.process.Address()
	_, err := Start(&settings, Parts{Files: pageFiles(), Logger: slog.New(slog.DiscardHandler), Metrics: f.metrics})
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), f.process.Address()) {
		t.Errorf("got %v", err)
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	render := &status.Renderer{Dropped: func() {}}
	edge := &Edge{AllowedHosts: []string{"localhost"}, Logger: slog.New(slog.DiscardHandler), Render: render,
		Metrics: observe.NewMetrics(func() int64 { return 0 })} // without pages: a nil pointer
	answered := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/docs", nil)
	r.Host = "localhost"
	edge.ServeHTTP(answered, r)
	if answered.Code != http.StatusInternalServerError || !strings.Contains(answered.Body.String(), "INTERNAL_ERROR") ||
		!strings.Contains(answered.Body.String(), answered.Header().Get("X-Request-Id")) {
		t.Errorf("got %d %s", answered.Code, answered.Body)
	}
}
