// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"net/url"
	"testing"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
	"storefront-cdc/gateway/internal/routes"
)

func testRoute(t *testing.T, method string) *routes.Route {
	t.Helper()
	all, err := routes.FromFile("widgets", testingv1.File_storefront_testing_v1_testing_proto)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range all {
		if route.RPC == "/storefront.testing.v1.WidgetService/"+method {
			return route
		}
	}
	t.Fatalf("no RPC %s", method)
	return nil
}

func TestQuery(t *testing.T) {
	for _, c := range []struct {
		name, rpc, query, path string
		reason                 errorsv1.Reason
	}{
		{"nothing", "ListWidgets", "", "", none},
		{"camelCase", "ListWidgets", "pageSize=5", "", none},
		{"snake_case", "ListWidgets", "page_size=5", "", none},
		{"unknown", "ListWidgets", "pagesize=5", "pagesize", noSuchName},
		{"unknown on POST", "MakeWidget", "dryRun=true", "dryRun", noSuchName},
		{"of the body on POST", "MakeWidget", "validateOnly=true", "validateOnly", noSuchName},
		{"beside a body that is a field", "CreateWidget", "validateOnly=true&widgetId=a", "", none},
		{"inside a body that is a field", "CreateWidget", "widget.name=a", "widget.name", noSuchName},
		{"of the path", "GetWidget", "name=widgets%2Fa", "name", noSuchName},
		{"window on a unary call", "ListWidgets", "maxMessages=1", "maxMessages", noSuchName},
		{"given twice", "ListWidgets", "pageSize=5&pageSize=6", "pageSize", duplicate},
		{"given twice in both spellings", "ListWidgets", "pageSize=5&page_size=5", "page_size", duplicate},
		{"a list", "ListWidgets", "materials=MATERIAL_IRON&materials=MATERIAL_WOOD", "", none},
		{"a bad item", "ListWidgets", "materials=MATERIAL_IRON&materials=x", "materials", invalid},
		{"no number", "ListWidgets", "pageSize=x", "pageSize", invalid},
		{"octal", "ListWidgets", "pageSize=010", "pageSize", invalid},
		{"hexadecimal", "ListWidgets", "pageSize=0x10", "pageSize", invalid},
		{"underscores", "ListWidgets", "pageSize=1_0", "pageSize", invalid},
		{"empty", "ListWidgets", "pageSize=", "pageSize", invalid},
		{"empty text", "ListWidgets", "filter=", "", none},
		{"bool", "ListWidgets", "ready=true", "", none},
		{"bool as number", "ListWidgets", "ready=1", "ready", invalid},
		{"time", "ListWidgets", "madeAfter=2026-01-31T12:00:00Z", "", none},
		{"bad time", "ListWidgets", "madeAfter=yesterday", "madeAfter", invalid},
		{"duration", "ListWidgets", "period=3.5s", "", none},
		{"bad duration", "ListWidgets", "period=1m", "period", invalid},
		{"mask", "ListWidgets", "readMask=displayName,labels", "", none},
		{"nested", "ListWidgets", "part.number=7", "", none},
		{"nested unknown", "ListWidgets", "part.nam=7", "part.nam", noSuchName},
		{"a message", "ListWidgets", "part=7", "part", noSuchName},
		{"a list of messages", "ListWidgets", "parts.name=7", "parts.name", noSuchName},
		{"double", "ListWidgets", "weightKg=1.5e3", "", none},
		{"NaN", "ListWidgets", "weightKg=NaN", "", none},
		{"bytes", "ListWidgets", "payload=aGk%3D", "", none},
		{"bad bytes", "ListWidgets", "payload=a*", "payload", invalid},
		{"map", "ListWidgets", "labels%5Bcolor%5D=red", "", none},
		{"map without name", "ListWidgets", "labels=red", "labels", noSuchName},
		{"wrapper", "ListWidgets", "wrapped=true", "", none},
		{"bad wrapper", "ListWidgets", "wrapped=x", "wrapped", invalid},
		{"not encoded", "ListWidgets", "filter=%zz", "", invalid},
		{"semicolon", "ListWidgets", "a=1;b=2", "", invalid},
		{"G3 no UTF-8", "ListWidgets", "filter=%ff", "filter", errorsv1.Reason_INVALID_UTF8},
		{"G3 no UTF-8 in a name", "ListWidgets", "%ff=1", "\ufffd", errorsv1.Reason_INVALID_UTF8},
		{"window", "WatchWidget", "maxMessages=1000&max_seconds=3600&afterSequence=3", "", none},
		{"window too large", "WatchWidget", "maxMessages=1001", "maxMessages", invalid},
		{"window zero", "WatchWidget", "maxSeconds=0", "maxSeconds", invalid},
		{"window twice", "WatchWidget", "maxSeconds=1&maxSeconds=2", "maxSeconds", duplicate},
		{"window no number", "WatchWidget", "maxSeconds=1s", "maxSeconds", invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			route := testRoute(t, c.rpc)
			q := readQuery(route, c.query)
			if c.reason != none {
				if len(q.faults) != 1 || q.faults[0].Reason != c.reason || q.faults[0].Path != c.path {
					t.Fatalf("got %+v, want %s at %q", q.faults, c.reason, c.path)
				}
				return
			}
			if len(q.faults) > 0 {
				t.Fatalf("refused: %+v", q.faults)
			}
			// What passes must be readable for the generated code.
			if err := runtime.PopulateQueryParameters(route.NewInput(), q.values, utilities.NewDoubleArray(nil)); err != nil {
				t.Fatalf("the generated code refuses what passed: %v", err)
			}
		})
	}
}

func TestQueryGivesTheGeneratedCodeWhatTheCallerMeant(t *testing.T) {
	q := readQuery(testRoute(t, "ListWidgets"),
		"readMask=displayName,mainPart.name&page_size=7&labels%5BA%5D=b&materials=MATERIAL_WOOD")
	got := &testingv1.ListWidgetsRequest{}
	if err := runtime.PopulateQueryParameters(got, q.values, utilities.NewDoubleArray(nil)); err != nil {
		t.Fatal(err)
	}
	want := &testingv1.ListWidgetsRequest{PageSize: 7, Labels: map[string]string{"A": "b"},
		Materials: []testingv1.Material{testingv1.Material_MATERIAL_WOOD}}
	want.ReadMask = got.GetReadMask()
	if paths := got.GetReadMask().GetPaths(); len(paths) != 2 || paths[0] != "display_name" || paths[1] != "main_part.name" {
		t.Errorf("mask %v", paths)
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWindow(t *testing.T) {
	q := readQuery(testRoute(t, "WatchWidget"), "maxMessages=3&maxSeconds=9&afterSequence=2")
	if q.window != (Window{Messages: 3, Time: 9 * time.Second}) {
		t.Errorf("window %+v", q.window)
	}
	if len(q.values) != 1 || q.values.Get("after_sequence") != "2" {
		t.Errorf("the service gets %v", url.Values(q.values))
	}
}
