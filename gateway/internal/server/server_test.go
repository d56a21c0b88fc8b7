// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
)

// Rows of the strictness table as a client meets them; strict/ has every kind of field.
func TestRefusals(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		code                     int
		reason                   string
	}{
		{"unknown parameter", "GET", "/v1/widgets?pagesize=5", "", nil, 400, "UNKNOWN_PARAMETER"},
		{"unknown parameter on POST", "POST", "/v1/widgets:make?x=1", "{}", nil, 400, "UNKNOWN_PARAMETER"},
		{"bad parameter", "GET", "/v1/widgets?pageSize=x", "", nil, 400, "INVALID_VALUE"},
		{"unknown field", "POST", "/v1/widgets:make", `{"widgt":{}}`, nil, 400, "UNKNOWN_FIELD"},
		{"field twice", "POST", "/v1/widgets:make", `{"requestId":"a","requestId":"a"}`, nil, 400, "DUPLICATE_FIELD"},
		{"null", "POST", "/v1/widgets:make", `{"widget":null}`, nil, 400, "NULL_VALUE"},
		{"trailing data", "POST", "/v1/widgets:make", `{} x`, nil, 400, "MALFORMED_JSON"},
		{"G2 nesting 10 000", "POST", "/v1/widgets:make", strings.Repeat(`{"widget":`, 10000), nil, 400, "MALFORMED_JSON"},
		{"bad enum", "POST", "/v1/widgets:make", `{"widget":{"material":"GOLD"}}`, nil, 400, "INVALID_VALUE"},
		{"G3 path", "GET", "/v1/widgets/%ff", "", nil, 400, "INVALID_UTF8"},
		{"G3 query", "GET", "/v1/widgets?filter=%ff", "", nil, 400, "INVALID_UTF8"},
		{"G3 body", "POST", "/v1/widgets:make", "{\"requestId\":\"\xff\"}", nil, 400, "INVALID_UTF8"},
		{"body required", "POST", "/v1/widgets?widgetId=a", "", nil, 400, "BODY_REQUIRED"},
		{"another name", "POST", "/v1/widgets/a:pause", `{"name":"widgets/b"}`, nil, 400, "INVALID_VALUE"},
		{"media type", "POST", "/v1/widgets:make", `{}`, map[string]string{"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"G4 gzip", "POST", "/v1/widgets:make", `{}`, map[string]string{"Content-Encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"G4 5 MiB", "POST", "/v1/widgets:make", `{"requestId":"` + strings.Repeat("a", 5<<20) + `"}`, nil, 413, "BODY_TOO_LARGE"},
		{"wrong method", "PUT", "/v1/widgets/a", "", nil, 405, "METHOD_NOT_ALLOWED"},
		{"no preflight", "OPTIONS", "/v1/widgets", "", map[string]string{"Origin": "http://evil.example"}, 405, "METHOD_NOT_ALLOWED"},
		{"HEAD on the API", "HEAD", "/v1/widgets", "", nil, 405, ""},
		{"GET on a verb", "GET", "/v1/widgets/a:pause", "", nil, 405, "METHOD_NOT_ALLOWED"},
		{"override is off", "POST", "/v1/widgets/a", "", map[string]string{"X-HTTP-Method-Override": "DELETE", "Content-Type": "application/x-www-form-urlencoded"}, 405, "METHOD_NOT_ALLOWED"},
		{"POST on a page", "POST", "/docs", "", nil, 405, "METHOD_NOT_ALLOWED"},
		{"unknown verb", "POST", "/v1/widgets/a:explode", "{}", nil, 404, "ROUTE_NOT_FOUND"},
		{"unknown path", "GET", "/v1/gadgets", "", nil, 404, "ROUTE_NOT_FOUND"},
		{"no page", "GET", "/admin", "", nil, 404, "ROUTE_NOT_FOUND"},
		{"slash in an id", "GET", "/v1/widgets/a%2Fb", "", nil, 404, "ROUTE_NOT_FOUND"},
		{"slash that makes another path", "GET", "/v1/widgets/a%2Fparts%2Fb", "", nil, 404, "ROUTE_NOT_FOUND"},
		{"colon in an id", "GET", "/v1/widgets/a%3Apause", "", nil, 404, "ROUTE_NOT_FOUND"},
		{"Grpc-Timeout", "GET", "/v1/widgets", "", map[string]string{"Grpc-Timeout": "soon"}, 400, "INVALID_VALUE"},
		{"foreign Host", "GET", "/v1/widgets", "", map[string]string{"Host": "evil.example"}, 421, "HOST_NOT_ALLOWED"},
		{"foreign Host on a page", "GET", "/docs", "", map[string]string{"Host": "evil.example:8000"}, 421, "HOST_NOT_ALLOWED"},
		{"cross-site change", "POST", "/v1/widgets:make", `{}`, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "CROSS_ORIGIN"},
		{"foreign origin", "POST", "/v1/widgets:make", `{}`, map[string]string{"Origin": "http://evil.example"}, 403, "CROSS_ORIGIN"},
		{"the service's own refusal", "GET", "/v1/widgets/missing", "", nil, 404, "RESOURCE_NOT_FOUND"},
		{"a fault of the service", "GET", "/v1/widgets/bare", "", nil, 500, "INTERNAL_ERROR"},
		{"not served", "GET", "/v1/widgets/a/parts/b", "", nil, 501, "METHOD_NOT_SERVED"},
		{"a stream that fails at once", "GET", "/v1/widgets/missing:watch", "", nil, 404, "RESOURCE_NOT_FOUND"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := f.do(f.request(c.method, c.path, c.body, c.header))
			if got.code != c.code || c.reason != "" && got.reason() != c.reason {
				t.Fatalf("got %d %s", got.code, got.body)
			}
			if c.code == 405 && got.header.Get("Allow") == "" {
				t.Error("no Allow")
			}
			if c.method != "HEAD" && got.header.Get("Content-Type") != "application/json" {
				t.Errorf("media type %q", got.header.Get("Content-Type"))
			}
			if strings.Contains(got.body, "10.0.0.7") {
				t.Errorf("the cause leaks: %s", got.body)
			}
		})
	}
}

func TestAcceptedHosts(t *testing.T) {
	f := start(t, "--allowed_hosts=localhost,[::1],Gateway")
	for host, code := range map[string]int{"localhost": 200, "LOCALHOST:99": 200, "[::1]:8000": 200, "gateway:8000": 200, "gateway.": 200, "127.0.0.1": 421} {
		if got := f.do(f.request("GET", "/livez", "", map[string]string{"Host": host})); got.code != code {
			t.Errorf("%s: got %d", host, got.code)
		}
	}
}

func TestSameOriginChangesPass(t *testing.T) {
	f := start(t)
	header := map[string]string{"Origin": "http://" + f.process.Address(), "Sec-Fetch-Site": "same-origin"}
	if got := f.do(f.request("POST", "/v1/widgets:make", `{}`, header)); got.code != 200 {
		t.Errorf("got %d %s", got.code, got.body)
	}
}

func TestTheServiceGetsWhatTheCallerMeant(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		name, method, path, body string
		want                     proto.Message
	}{
		{"query", "GET", "/v1/widgets?pageSize=7&filter=a%20b", "", &testingv1.ListWidgetsRequest{PageSize: 7, Filter: "a b"}},
		{"whole body", "POST", "/v1/widgets:make", `{"request_id":"x","widget":{"serial":"9007199254740993"}}`,
			&testingv1.MakeWidgetRequest{RequestId: "x", Widget: &testingv1.Widget{Serial: 9007199254740993}}},
		{"no body", "POST", "/v1/widgets:make", "", &testingv1.MakeWidgetRequest{}},
		{"body beside query", "POST", "/v1/widgets?widgetId=a&validateOnly=true", `{"displayName":"n"}`,
			&testingv1.CreateWidgetRequest{WidgetId: "a", ValidateOnly: true, Widget: &testingv1.Widget{DisplayName: "n"}}},
		{"path beside body", "POST", "/v1/widgets/a:pause", `{"why":"x"}`, &testingv1.PauseWidgetRequest{Name: "widgets/a", Why: "x"}},
		{"PATCH without mask takes the keys of the body", "PATCH", "/v1/widgets/a", `{"sizeMm":3}`,
			&testingv1.UpdateWidgetRequest{Widget: &testingv1.Widget{Name: "widgets/a", SizeMm: 3}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"size_mm"}}}},
		{"PATCH with mask", "PATCH", "/v1/widgets/a?updateMask=displayName", `{"sizeMm":3}`,
			&testingv1.UpdateWidgetRequest{Widget: &testingv1.Widget{Name: "widgets/a", SizeMm: 3}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}}},
		{"a name stored encoded", "GET", "/v1/widgets/a%252Fb", "", &testingv1.GetWidgetRequest{Name: "widgets/a%2Fb"}},
		{"delete", "DELETE", "/v1/widgets/a", "", &testingv1.DeleteWidgetRequest{Name: "widgets/a"}},
		{"stream", "GET", "/v1/widgets/short:watch?afterSequence=4", "", &testingv1.WatchWidgetRequest{Name: "widgets/short", AfterSequence: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := f.do(f.request(c.method, c.path, c.body, nil))
			request, _, _ := f.widgets.last()
			if got.code != 200 || !proto.Equal(request, c.want) {
				t.Errorf("%d %s\nthe service got %v\nwant            %v", got.code, got.body, request, c.want)
			}
		})
	}
}

func TestAnswersAreJSONWithDefaultsWhateverAcceptSays(t *testing.T) {
	f := start(t)
	got := f.do(f.request("GET", "/v1/widgets/a", "", map[string]string{"Accept": "text/event-stream"}))
	var read map[string]any
	if err := json.Unmarshal([]byte(got.body), &read); err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, got.body)
	}
	if read["serial"] != "1152921504606846976" || read["displayName"] != "" || read["material"] != "MATERIAL_UNSPECIFIED" {
		t.Errorf("got %v", read)
	}
	if tags, written := read["tags"].([]any); !written || len(tags) != 0 {
		t.Errorf("an empty list is written: %v", read["tags"])
	}
	if _, written := read["mainPart"]; written {
		t.Errorf("an unset message is left out: %s", got.body)
	}
	if got := f.get("/v1/widgets/strange"); got.code != 200 || !strings.Contains(got.body, `"details":`) {
		t.Errorf("an unknown detail must not fail the answer: %d %s", got.code, got.body)
	}
}

func TestHeadersIn(t *testing.T) {
	f := start(t)
	r := f.request("GET", "/v1/widgets", "", map[string]string{
		"X-Request-Id": "req_1", "Traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
		"Grpc-Metadata-Role": "admin", "Grpc-Metadata-X-Request-Id": "forged", "Grpc-Metadata-Authorization": "Bearer forged",
		"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example", "Cookie": "a=b", "Grpc-Metadata-Data-Bin": "AAAA", "X-Role": "admin"})
	r.Header.Add("Authorization", "Bearer first")
	r.Header.Add("Authorization", "Bearer second")
	got := f.do(r)
	_, sent, _ := f.widgets.last()
	for name, want := range map[string]string{"authorization": "Bearer first", "x-request-id": "req_1",
		"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", "x-forwarded-for": "127.0.0.1"} {
		if values := sent.Get(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s: the service got %v", name, values)
		}
	}
	for _, name := range []string{"role", "cookie", "x-role", "data-bin", "grpcgateway-cookie", "grpcgateway-authorization"} {
		if values := sent.Get(name); len(values) > 0 {
			t.Errorf("%s passed: %v", name, values)
		}
	}
	if strings.Contains(strings.Join(sent.Get("x-forwarded-host"), ""), "evil") {
		t.Error("a forged host passed")
	}
	if got.header.Get("X-Request-Id") != "req_1" {
		t.Errorf("answered as %q", got.header.Get("X-Request-Id"))
	}
}

func TestRequestIDAndTraceAreMadeIfAbsentOrBad(t *testing.T) {
	f := start(t)
	for _, bad := range []string{"", "a b", strings.Repeat("x", 65), "a/b"} {
		got := f.do(f.request("GET", "/v1/widgets", "", map[string]string{"X-Request-Id": bad, "Traceparent": "00-zz"}))
		_, sent, _ := f.widgets.last()
		id := got.header.Get("X-Request-Id")
		if !goodRequestID.MatchString(id) || id == bad || sent.Get("x-request-id")[0] != id || !goodTraceparent.MatchString(sent.Get("traceparent")[0]) {
			t.Errorf("%q: answered as %q, sent %v", bad, id, sent)
		}
	}
}

func TestHeadersOut(t *testing.T) {
	f := start(t)
	for _, path := range []string{"/v1/widgets", "/v1/none", "/docs", "/livez", "/openapi.json", "/nothing"} {
		header := f.get(path).header
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
			if header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, header.Get(name))
			}
		}
		if header.Get("X-Request-Id") == "" || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, header)
		}
		if strings.HasPrefix(path, "/v1") != (header.Get("Cache-Control") == "no-store") && path != "/livez" {
			t.Errorf("%s: Cache-Control %q", path, header.Get("Cache-Control"))
		}
		if header.Get("Access-Control-Allow-Origin") != "" || header.Get("Server") != "" || header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

func TestDeadlines(t *testing.T) {
	f := start(t, "--default_deadline=7s", "--deadline_max=20s")
	for timeout, want := range map[string]time.Duration{"": 7 * time.Second, "3S": 3 * time.Second, "90S": 20 * time.Second} {
		f.do(f.request("GET", "/v1/widgets", "", map[string]string{"Grpc-Timeout": timeout}))
		if _, _, got := f.widgets.last(); got > want || got < want-2*time.Second {
			t.Errorf("%q: the service has %s", timeout, got)
		}
	}
	f.get("/v1/widgets/short:watch")
	if _, _, got := f.widgets.last(); got != 0 {
		t.Errorf("a stream has the deadline %s", got)
	}
	started := time.Now()
	got := f.do(f.request("GET", "/v1/widgets/slow", "", map[string]string{"Grpc-Timeout": "200m"}))
	if got.code != 504 || got.reason() != "DEADLINE_PASSED" || time.Since(started) > 5*time.Second {
		t.Errorf("got %d %s after %s", got.code, got.body, time.Since(started))
	}
	<-f.widgets.cancelled
}

func TestOwnPages(t *testing.T) {
	f := start(t)
	if got := f.get("/livez"); got.code != 200 {
		t.Errorf("livez: %d", got.code)
	}
	if got := f.get("/version"); !strings.Contains(got.body, `"api":"v1","authMode":"none"`) {
		t.Errorf("version: %s", got.body)
	}
	if got := f.get("/metrics"); got.code != 404 {
		t.Errorf("metrics are on their own port: %d", got.code)
	}
	if got := f.do(f.request("HEAD", "/docs", "", nil)); got.code != 200 || got.body != "" {
		t.Errorf("HEAD /docs: %d", got.code)
	}
	var ready struct {
		Status   string
		Services map[string]struct{ Status string }
	}
	got := f.get("/readyz")
	if err := json.Unmarshal([]byte(got.body), &ready); err != nil || got.code != 200 || ready.Services["seeder"].Status != "SERVING" || ready.Services["migrator"].Status != "UNREACHABLE" {
		t.Errorf("%v: %d %s", err, got.code, got.body)
	}
}
