// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// said is a connection to a service that says one thing.
type said struct {
	serving bool
	err     error
	silent  bool
}

func (s said) Invoke(ctx context.Context, _ string, request, reply any, _ ...grpc.CallOption) error {
	if request.(*grpc_health_v1.HealthCheckRequest).GetService() != "readiness" {
		return status.Error(codes.NotFound, "another name")
	}
	if s.silent {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	answer := reply.(*grpc_health_v1.HealthCheckResponse)
	answer.Status = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if s.serving {
		answer.Status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	return s.err
}

func (said) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	panic("health checks are unary")
}

func TestReadyz(t *testing.T) {
	up, down := said{serving: true}, said{}
	gone := said{err: status.Error(codes.Unavailable, "connection refused")}
	for _, c := range []struct {
		name           string
		seeder, topics grpc.ClientConnInterface
		stop           bool
		code           int
		status, topic  string
	}{
		{"all serve", up, up, false, 200, "READY", "SERVING"},
		{"one that is not needed is away", up, gone, false, 200, "READY", "UNREACHABLE"},
		{"one that is needed is away", gone, up, false, 503, "NOT_READY", "SERVING"},
		{"one that is needed waits", down, up, false, 503, "NOT_READY", "SERVING"},
		{"one that is needed is silent", said{silent: true}, up, false, 503, "NOT_READY", "SERVING"},
		{"one that has no health", up, said{err: status.Error(codes.Unimplemented, "")}, false, 200, "READY", "UNKNOWN"},
		{"the gateway stops", up, up, true, 503, "STOPPING", "SERVING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checker := &Checker{Conns: map[string]grpc.ClientConnInterface{"seeder": c.seeder, "topic-admin": c.topics},
				Required: []string{"seeder"}, Seen: func(string, bool) {}}
			if c.stop {
				checker.Stop()
			}
			answer := httptest.NewRecorder()
			started := time.Now()
			checker.ServeHTTP(answer, httptest.NewRequest("GET", "/readyz", nil))
			var report Report
			if err := json.Unmarshal(answer.Body.Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			if answer.Code != c.code || report.Status != c.status || report.Services["topic-admin"].Status != c.topic {
				t.Errorf("got %d %s", answer.Code, answer.Body)
			}
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
