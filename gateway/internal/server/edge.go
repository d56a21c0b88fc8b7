// SPDX-License-Identifier: Apache-2.0

// Package server is the gateway as one HTTP handler, and its life from start to stop.
package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/health"
	"storefront-cdc/gateway/internal/observe"
	"storefront-cdc/gateway/internal/pages"
	"storefront-cdc/gateway/internal/status"
)

// Version is what /version answers.
type Version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	API      string `json:"api"`
	AuthMode string `json:"authMode"`
}

// Edge is what every request meets: identity, headers, Host and origin, then page, health or API.
type Edge struct {
	API          *API
	Pages        *pages.Pages
	Health       *health.Checker
	Version      Version
	AllowedHosts []string
	// AnswerTime is how long a client may take to read an answer; streams set it per message.
	AnswerTime time.Duration
	Logger     *slog.Logger
	Metrics    *observe.Metrics
	Render     *status.Renderer

	origin http.CrossOriginProtection
}

func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	c := newCall(r)
	r = r.WithContext(withCall(r.Context(), c))
	answer := &recorder{ResponseWriter: w}
	_ = http.NewResponseController(w).SetWriteDeadline(started.Add(e.AnswerTime))
	defer e.finish(answer, r, c, started)
	header := w.Header()
	header.Set("X-Request-Id", c.requestID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Content-Security-Policy", pages.PolicyNone)
	if failure := e.guard(r); failure != nil {
		e.refuse(answer, c, failure)
		return
	}
	e.route(answer, r, c)
}

// guard refuses requests that a foreign page or a rebound name brought here.
func (e *Edge) guard(r *http.Request) *status.Failure {
	if !e.hostAllowed(r.Host) {
		return status.New(status.Spec{Code: codes.InvalidArgument, HTTP: http.StatusMisdirectedRequest, Reason: errorsv1.Reason_HOST_NOT_ALLOWED,
			Message: "The gateway does not answer for this Host. Add it to allowed_hosts if it is the gateway's."})
	}
	if err := e.origin.Check(r); err != nil {
		return status.New(status.Spec{Code: codes.PermissionDenied, Reason: errorsv1.Reason_CROSS_ORIGIN, Internal: err.Error(),
			Message: "A page of another origin may not change anything here."})
	}
	return nil
}

func (e *Edge) hostAllowed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
		if strings.Contains(name, ":") {
			host = "[" + name + "]"
		}
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return slices.ContainsFunc(e.AllowedHosts, func(allowed string) bool { return strings.EqualFold(allowed, host) })
}

func (e *Edge) route(w http.ResponseWriter, r *http.Request, c *call) {
	at := r.URL.Path
	if at == "/v1" || strings.HasPrefix(at, "/v1/") {
		e.API.ServeHTTP(w, r)
		return
	}
	own := e.own(at)
	if own == nil && !e.Pages.Has(at) {
		e.refuse(w, c, notFound(r))
		return
	}
	c.page = at
	if strings.HasPrefix(at, "/assets/") {
		c.page = "/assets"
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		e.refuse(w, c, notAllowed(r, []string{http.MethodGet, http.MethodHead}))
		return
	}
	if own != nil {
		own(w, r)
		return
	}
	e.Pages.Serve(w, r)
}

// own is the handler of a path that tells about the gateway itself; nil for other paths.
func (e *Edge) own(at string) http.HandlerFunc {
	switch at {
	case "/livez":
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]string{"status": "LIVE"}) }
	case "/readyz":
		return e.Health.ServeHTTP
	case "/version":
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, e.Version) }
	}
	return nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}

func (e *Edge) refuse(w http.ResponseWriter, c *call, failure *status.Failure) {
	c.failure, c.refused = failure, true
	e.Render.Write(w, failure)
}

// finish answers after a panic, and writes the one line and the metrics of the request.
func (e *Edge) finish(w *recorder, r *http.Request, c *call, started time.Time) {
	if fault := recover(); fault != nil {
		if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(fault)
		}
		e.Logger.Error("panic", "request_id", c.requestID, "internal_error", fault, "stack", string(debug.Stack()))
		c.failure = status.New(status.Spec{Code: codes.Internal, Reason: errorsv1.Reason_INTERNAL_ERROR,
			Message:  "A fault in the gateway. Its log has the cause under request id " + c.requestID + ".",
			Metadata: map[string]string{"request_id": c.requestID}})
		if w.code == 0 {
			e.Render.Write(w, c.failure)
		}
	}
	took := time.Since(started)
	if c.refused {
		e.Metrics.Rejected(c.failure.Reason)
	}
	if c.route != nil && c.route.Stream {
		e.Metrics.Answered(r.Method, c.label(), w.status(), 0)
	} else {
		e.Metrics.Answered(knownMethod(r.Method), c.label(), w.status(), took)
	}
	e.log(w, r, c, took)
}

func (e *Edge) log(w *recorder, r *http.Request, c *call, took time.Duration) {
	level, event, code := slog.LevelInfo, "rpc_finished", codes.OK
	attributes := make([]slog.Attr, 0, 12)
	if c.route != nil {
		attributes = append(attributes, slog.String("rpc", c.route.RPC[1:]))
	} else {
		event = "request_finished"
		if c.failure == nil {
			level = slog.LevelDebug // pages and health
		}
	}
	if c.failure != nil {
		code = codes.Code(c.failure.Status.GetCode())
	}
	attributes = append(attributes, slog.String("code", codeName(code)),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.String("request_id", c.requestID), slog.String("trace_id", c.traceID()),
		slog.String("method", knownMethod(r.Method)), slog.String("route", c.label()), slog.Int("http_status", w.status()))
	if c.failure != nil {
		attributes = append(attributes, slog.String("reason", c.failure.Reason))
		if c.failure.Internal != "" {
			attributes = append(attributes, slog.String("internal_error", c.failure.Internal))
		}
		if c.failure.HTTP == http.StatusInternalServerError {
			level = slog.LevelError
		}
	}
	e.Logger.LogAttrs(r.Context(), level, event, attributes...)
}

// knownMethod keeps clients from making label values.
func knownMethod(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		return method
	}
	return "OTHER"
}

// codeName is the code as the services' logs spell it.
func codeName(code codes.Code) string {
	names := []string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
		"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}
	if int(code) < len(names) {
		return names[code]
	}
	return code.String()
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}
