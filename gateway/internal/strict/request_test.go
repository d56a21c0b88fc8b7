// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
)

func TestCheck(t *testing.T) {
	const jsonType = "application/json"
	for _, c := range []struct {
		name, rpc, body string
		header          map[string]string
		code            int
		reason          errorsv1.Reason
	}{
		{"whole message", "MakeWidget", `{"requestId":"a"}`, map[string]string{"Content-Type": jsonType}, 0, none},
		{"with charset", "MakeWidget", `{}`, map[string]string{"Content-Type": jsonType + "; charset=utf-8"}, 0, none},
		{"no body where none is required", "MakeWidget", ``, nil, 0, none},
		{"no body where one is", "CreateWidget", ``, nil, 400, errorsv1.Reason_BODY_REQUIRED},
		{"no body for a name in the path", "PauseWidget", ``, nil, 0, none},
		{"another media type", "MakeWidget", `{}`, map[string]string{"Content-Type": "text/plain"}, 415, errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE},
		{"curl -d", "MakeWidget", `{}`, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE},
		{"no media type", "MakeWidget", `{}`, nil, 415, errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE},
		{"another charset", "MakeWidget", `{}`, map[string]string{"Content-Type": jsonType + "; charset=latin1"}, 415, errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE},
		{"G4 gzip", "MakeWidget", `{}`, map[string]string{"Content-Type": jsonType, "Content-Encoding": "gzip"}, 415, errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE},
		{"body on GET", "GetWidget", `{}`, map[string]string{"Content-Type": jsonType}, 400, invalid},
		{"G3 no UTF-8", "MakeWidget", "{\"requestId\":\"\xff\"}", map[string]string{"Content-Type": jsonType}, 400, errorsv1.Reason_INVALID_UTF8},
		{"G2 no JSON", "MakeWidget", `{"requestId":}`, map[string]string{"Content-Type": jsonType}, 400, errorsv1.Reason_MALFORMED_JSON},
		{"G4 over the limit", "MakeWidget", `{"requestId":"` + strings.Repeat("a", 200) + `"}`, map[string]string{"Content-Type": jsonType}, 413, errorsv1.Reason_BODY_TOO_LARGE},
		{"another name than the path's", "PauseWidget", `{"name":"widgets/b"}`, map[string]string{"Content-Type": jsonType}, 400, invalid},
		{"another name than the path's, in a field", "UpdateWidget", `{"name":"widgets/b"}`, map[string]string{"Content-Type": jsonType}, 400, invalid},
		{"the path's name", "UpdateWidget", `{"name":"widgets/a","sizeMm":3}`, map[string]string{"Content-Type": jsonType}, 0, none},
		{"bad Grpc-Timeout", "GetWidget", ``, map[string]string{"Grpc-Timeout": "5 seconds"}, 400, invalid},
		{"good Grpc-Timeout", "GetWidget", ``, map[string]string{"Grpc-Timeout": "5S"}, 0, none},
		{"bad Last-Event-ID", "WatchWidget", ``, map[string]string{"Last-Event-ID": "x"}, 400, invalid},
		{"Last-Event-ID without a stream", "GetWidget", ``, map[string]string{"Last-Event-ID": "x"}, 0, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			route := testRoute(t, c.rpc)
			params := map[string]string{}
			for _, field := range route.PathFields {
				params[field] = "widgets/a"
			}
			for _, chunked := range []bool{false, true} {
				r := httptest.NewRequest(route.Method, "/", strings.NewReader(c.body))
				if chunked {
					r.ContentLength = -1
				}
				for name, value := range c.header {
					r.Header.Set(name, value)
				}
				good, _, failure := Check(httptest.NewRecorder(), r, route, params, Limits{BodyBytes: 100, JSONDepth: 100})
				if c.reason == none {
					if failure != nil {
						t.Fatalf("refused (chunked %t): %v", chunked, failure)
					}
					if body, _ := io.ReadAll(good.Body); string(body) != c.body {
						t.Fatalf("the service would get %q", body)
					}
					continue
				}
				if failure == nil || failure.HTTP != c.code || failure.Reason != c.reason.String() {
					t.Fatalf("got %v (chunked %t), want %d %s", failure, chunked, c.code, c.reason)
				}
			}
		})
	}
}

func TestCheckFillsAfterSequenceFromLastEventID(t *testing.T) {
	for _, c := range []struct{ query, want string }{{"", "after_sequence=7"}, {"?afterSequence=3", "after_sequence=3"}} {
		r := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
		r.Header.Set("Last-Event-ID", "7")
		good, _, failure := Check(httptest.NewRecorder(), r, testRoute(t, "WatchWidget"), nil, Limits{BodyBytes: 100, JSONDepth: 100})
		if failure != nil || good.URL.RawQuery != c.want {
			t.Errorf("%q: got %v, %v", c.query, good, failure)
		}
	}
}

// cut is a body that ends before its announced length.
type cut struct{ io.Reader }

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestG4AFalseLengthIsARequestFault(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", cut{})
	r.ContentLength = 50
	_, _, failure := Check(httptest.NewRecorder(), r, testRoute(t, "MakeWidget"), nil, Limits{BodyBytes: 100, JSONDepth: 100})
	if failure == nil || failure.HTTP != http.StatusBadRequest {
		t.Fatalf("got %v", failure)
	}
}
