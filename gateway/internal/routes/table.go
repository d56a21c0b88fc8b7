// SPDX-License-Identifier: Apache-2.0

package routes

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

// Table finds routes. It is made once and then only read.
type Table struct {
	all   []*Route
	byKey map[string]*Route
	probe *runtime.ServeMux // the same patterns as the real one; its handlers only say which matched
}

type matchKey struct{}

// NewTable makes the table; two bindings with one method and pattern are an error.
func NewTable(all []*Route) (*Table, error) {
	table := &Table{all: all, byKey: map[string]*Route{}}
	table.probe = runtime.NewServeMux(
		runtime.WithDisableHTTPMethodOverride(), runtime.WithDisablePathLengthFallback(),
		runtime.WithRoutingErrorHandler(func(context.Context, *runtime.ServeMux, runtime.Marshaler, http.ResponseWriter, *http.Request, int) {
		}))
	for _, route := range all {
		key := route.Method + " " + normal(route.Pattern)
		if other := table.byKey[key]; other != nil {
			return nil, fmt.Errorf("%s and %s both want %s", other.RPC, route.RPC, key)
		}
		table.byKey[key] = route
		err := table.probe.HandlePath(route.Method, route.Pattern, func(_ http.ResponseWriter, r *http.Request, params map[string]string) {
			if IsResource(params) {
				*r.Context().Value(matchKey{}).(**Route) = route
			}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", route.RPC, err)
		}
	}
	return table, nil
}

// All lists the routes in the order of the protos.
func (t *Table) All() []*Route { return t.all }

// ByPattern finds the route of a pattern that the router has matched.
func (t *Table) ByPattern(method string, pattern runtime.Pattern) *Route {
	return t.byKey[method+" "+pattern.String()]
}

// Match tries a request against the patterns without doing anything; nil if none fits.
func (t *Table) Match(method string, r *http.Request) *Route {
	var found *Route
	probed := r.Clone(context.WithValue(r.Context(), matchKey{}, &found))
	probed.Method, probed.Header, probed.Body = method, http.Header{}, http.NoBody
	t.probe.ServeHTTP(discard{}, probed)
	return found
}

// Allowed lists the methods that the request's path has, in alphabetical order.
func (t *Table) Allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		if t.Match(method, r) != nil {
			methods = append(methods, method)
		}
	}
	return methods
}

// IsResource tells whether path parameters name something: a pattern without a verb also matches
// `runs/r1:pause` with the id `r1:pause`, and an empty id.
func IsResource(params map[string]string) bool {
	for _, value := range params {
		if strings.Contains(value, ":") || slices.Contains(strings.Split(value, "/"), "") {
			return false
		}
	}
	return true
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
