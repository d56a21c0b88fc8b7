// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"

	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
)

// call is what the gateway learns about one request on its way, for the log line and the metrics.
type call struct {
	requestID   string
	traceparent string
	page        string        // what was asked for, unless it is an RPC: "/docs", "/assets"
	route       *routes.Route // once it is known
	failure     *status.Failure
	refused     bool // the failure is the gateway's own
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf is nil for what does not come from a request.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// label names the request in metrics and logs by a pattern.
func (c *call) label() string {
	switch {
	case c.route != nil:
		return c.route.Pattern
	case c.page != "":
		return c.page
	}
	return "none"
}

var (
	goodRequestID   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	goodTraceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

func newCall(r *http.Request) *call {
	c := &call{requestID: r.Header.Get("X-Request-Id"), traceparent: r.Header.Get("Traceparent")}
	if !goodRequestID.MatchString(c.requestID) {
		c.requestID = randomHex(8)
	}
	if !goodTraceparent.MatchString(c.traceparent) {
		c.traceparent = "00-" + randomHex(16) + "-" + randomHex(8) + "-01"
	}
	return c
}

func (c *call) traceID() string { return c.traceparent[3:35] }

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // does not fail
	return hex.EncodeToString(random)
}
