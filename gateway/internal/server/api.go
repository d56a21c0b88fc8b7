// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/observe"
	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
	"storefront-cdc/gateway/internal/stream"
	"storefront-cdc/gateway/internal/strict"
)

// APIOptions are limits and helpers of the API.
type APIOptions struct {
	Strict             strict.Limits
	UnaryMax           int
	StreamsMax         int
	StreamWriteTimeout time.Duration
	Metrics            *observe.Metrics
	Render             *status.Renderer
	Stopping           <-chan struct{} // closed when streams shall end
}

// API serves /v1: the generated handlers behind the strict checks, and the streams.
type API struct {
	options APIOptions
	mux     *runtime.ServeMux
	table   *routes.Table
	conns   map[string]*grpc.ClientConn
	marshal *marshaler
	unary   atomic.Int64
	streams atomic.Int64
}

// NewAPI registers each service on the connection of its backend.
func NewAPI(ctx context.Context, services []Service, conns map[string]*grpc.ClientConn, options APIOptions) (*API, error) {
	a := &API{options: options, conns: conns, marshal: newMarshaler(options.Metrics.DroppedDetails.Inc)}
	var all []*routes.Route
	for _, service := range services {
		of, err := routes.FromFile(service.Backend, service.File)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	table, err := routes.NewTable(all)
	if err != nil {
		return nil, err
	}
	a.table = table
	a.mux = runtime.NewServeMux(
		runtime.WithDisableHTTPMethodOverride(), runtime.WithDisablePathLengthFallback(),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, a.marshal),
		runtime.WithIncomingHeaderMatcher(passedHeader),
		runtime.WithOutgoingHeaderMatcher(noHeader), runtime.WithOutgoingTrailerMatcher(noHeader),
		runtime.WithMiddlewares(a.checked),
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
			a.failed(w, r, err)
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, _ int) {
			a.notRouted(w, r)
		}),
	)
	for _, service := range services {
		if err := service.Register(ctx, a.mux, conns[service.Backend]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Table of all routes.
func (a *API) Table() *routes.Table { return a.table }

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !utf8.ValidString(r.URL.Path) {
		a.refuse(w, r, status.Invalid(status.Field{Reason: errorsv1.Reason_INVALID_UTF8, Description: "the path is not UTF-8"}))
		return
	}
	// An encoded slash or colon in an id would be read as structure of the path.
	if escaped := strings.ToLower(r.URL.EscapedPath()); strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%3a") {
		a.refuse(w, r, notFound(r))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// checked is the middleware of the router: it runs once the pattern is known.
func (a *API) checked(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		route := a.table.ByPattern(r.Method, pattern)
		if route == nil || !routes.IsResource(params) {
			a.notRouted(w, r)
			return
		}
		c := callOf(r.Context())
		c.route = route
		release := a.admit(route)
		if release == nil {
			a.refuse(w, r, status.New(status.Spec{Code: codes.ResourceExhausted, Reason: errorsv1.Reason_OVERLOADED, RetryAfter: time.Second,
				Message: "The gateway has as many calls under way as it takes. Try again in a second."}))
			return
		}
		defer release()
		good, window, failure := strict.Check(w, r, route, params, a.options.Strict)
		if failure != nil {
			a.refuse(w, r, failure)
			return
		}
		good.Header = passedHeaders(r.Header, c)
		if route.Stream {
			a.stream(w, r, good, params, window)
			return
		}
		next(w, good, params)
	}
}

// admit takes a place; nil if all are taken. Nobody waits for one.
func (a *API) admit(route *routes.Route) func() {
	count, most, gauge := &a.unary, int64(a.options.UnaryMax), a.options.Metrics.InFlight
	if route.Stream {
		count, most, gauge = &a.streams, int64(a.options.StreamsMax), a.options.Metrics.StreamsOpen.WithLabelValues(route.Pattern)
	}
	if count.Add(1) > most {
		count.Add(-1)
		return nil
	}
	gauge.Inc()
	return func() {
		count.Add(-1)
		gauge.Dec()
	}
}

func (a *API) stream(w http.ResponseWriter, r, good *http.Request, params map[string]string, window strict.Window) {
	c := callOf(r.Context())
	request, err := assemble(c.route, good, params)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	ctx, err := runtime.AnnotateContext(good.Context(), a.mux, good, c.route.RPC)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	s := &stream.Stream{
		Conn: a.conns[c.route.Backend], Route: c.route, Request: request, Window: window, RequestID: c.requestID,
		WriteTimeout: a.options.StreamWriteTimeout, Render: a.options.Render, Marshal: a.marshal.message, Stopping: a.options.Stopping,
	}
	begun, failure := s.Serve(ctx, w, r)
	c.failure = failure
	if !begun {
		a.options.Render.Write(w, failure)
	}
}

// assemble makes the message that the generated code makes for a unary call.
func assemble(route *routes.Route, good *http.Request, params map[string]string) (proto.Message, error) {
	request := route.NewInput()
	body, err := io.ReadAll(good.Body)
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		target := request
		if route.Body != routes.Whole {
			field := route.Input.Fields().ByName(protoreflect.Name(route.Body))
			target = request.ProtoReflect().Mutable(field).Message().Interface()
		}
		if err := protojson.Unmarshal(body, target); err != nil {
			return nil, err
		}
	}
	if err := runtime.PopulateQueryParameters(request, good.URL.Query(), utilities.NewDoubleArray(nil)); err != nil {
		return nil, err
	}
	for name, value := range params {
		if err := runtime.PopulateFieldFromPath(request, name, value); err != nil {
			return nil, err
		}
	}
	return request, nil
}

// failed answers an error of a service, or of the generated code's own reading of the request: what
// the strict checks let pass and protojson does not take is still a fault of the request.
func (a *API) failed(w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r.Context())
	var failure *status.Failure
	if !errors.As(err, &failure) {
		failure = status.Invalid(status.Field{Reason: errorsv1.Reason_INVALID_VALUE,
			Description: "the request cannot be read as " + string(c.route.Input.Name())})
		failure.Internal = err.Error()
		c.refused = true
	}
	c.failure = failure
	a.options.Render.Write(w, failure)
}

// refuse answers with a failure of the gateway's own.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, failure *status.Failure) {
	c := callOf(r.Context())
	c.failure, c.refused = failure, true
	a.options.Render.Write(w, failure)
}

func (a *API) notRouted(w http.ResponseWriter, r *http.Request) {
	allowed := a.table.Allowed(r)
	if len(allowed) == 0 {
		a.refuse(w, r, notFound(r))
		return
	}
	a.refuse(w, r, notAllowed(r, allowed))
}

func notFound(r *http.Request) *status.Failure {
	return status.New(status.Spec{Code: codes.NotFound, Reason: errorsv1.Reason_ROUTE_NOT_FOUND,
		Message: "There is nothing at " + printable(r.URL.Path) + ". /docs and /openapi.json list every path."})
}

func notAllowed(r *http.Request, allowed []string) *status.Failure {
	list := strings.Join(allowed, ", ")
	failure := status.New(status.Spec{Code: codes.Unimplemented, HTTP: http.StatusMethodNotAllowed, Reason: errorsv1.Reason_METHOD_NOT_ALLOWED,
		Message:  printable(r.URL.Path) + " does not take " + printable(r.Method) + ", only " + list + ".",
		Metadata: map[string]string{"allow": list}})
	failure.Allow = list
	return failure
}

// printable shortens what a caller sent for use in a message.
func printable(text string) string {
	const longest = 200
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// passedHeaders is all that a service gets to know of the request's headers.
func passedHeaders(from http.Header, c *call) http.Header {
	to := http.Header{"X-Request-Id": {c.requestID}, "Traceparent": {c.traceparent}}
	for _, name := range []string{"Authorization", "Grpc-Timeout"} {
		if value := from.Get(name); value != "" {
			to.Set(name, value)
		}
	}
	return to
}

func passedHeader(name string) (string, bool) {
	switch name {
	case "X-Request-Id", "Traceparent":
		return strings.ToLower(name), true
	}
	return "", false // Authorization is passed by the router itself
}

func noHeader(string) (string, bool) { return "", false }
