// SPDX-License-Identifier: Apache-2.0

// Package health asks the services whether they are ready.
package health

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// timeout of one question to one service.
const timeout = time.Second

// Checker answers /readyz.
type Checker struct {
	Conns    map[string]grpc.ClientConnInterface // by service
	Required []string                            // services that must be SERVING
	Seen     func(service string, up bool)       // what each last said
	stopping atomic.Bool
}

// Service is what one service said.
type Service struct {
	Status    string  `json:"status"` // SERVING, NOT_SERVING, UNREACHABLE, UNKNOWN
	LatencyMS float64 `json:"latencyMs"`
}

// Report is the body of /readyz.
type Report struct {
	Status   string             `json:"status"` // READY, NOT_READY, STOPPING
	Services map[string]Service `json:"services"`
}

// Stop makes /readyz answer 503 from now on, so that balancers send nothing more.
func (c *Checker) Stop() { c.stopping.Store(true) }

// Check asks all services at once.
func (c *Checker) Check(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	report := Report{Status: "READY", Services: map[string]Service{}}
	var lock sync.Mutex
	var all sync.WaitGroup
	for name, conn := range c.Conns {
		all.Go(func() {
			started := time.Now()
			said := ask(ctx, conn)
			took := time.Since(started)
			c.Seen(name, said == serving)
			lock.Lock()
			defer lock.Unlock()
			report.Services[name] = Service{Status: said, LatencyMS: float64(took.Microseconds()) / 1000}
		})
	}
	all.Wait()
	for name, service := range report.Services {
		if service.Status != serving && slices.Contains(c.Required, name) {
			report.Status = "NOT_READY"
		}
	}
	if c.stopping.Load() {
		report.Status = "STOPPING"
	}
	return report
}

const serving = "SERVING"

func ask(ctx context.Context, conn grpc.ClientConnInterface) string {
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "readiness"})
	if err == nil {
		return answer.GetStatus().String()
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded:
		return "UNREACHABLE"
	}
	return "UNKNOWN"
}

func (c *Checker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	report := c.Check(r.Context())
	code := http.StatusOK
	if report.Status != "READY" {
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(report)
}
