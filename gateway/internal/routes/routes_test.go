// SPDX-License-Identifier: Apache-2.0

package routes

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	connectorsv1 "storefront-cdc/gateway/gen/storefront/connectors/v1"
	migratorv1 "storefront-cdc/gateway/gen/storefront/migrator/v1"
	optionsv1 "storefront-cdc/gateway/gen/storefront/options/v1"
	seederv1 "storefront-cdc/gateway/gen/storefront/seeder/v1"
	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
	topicsv1 "storefront-cdc/gateway/gen/storefront/topics/v1"
)

func tableOf(t *testing.T, files ...protoreflect.FileDescriptor) *Table {
	t.Helper()
	var all []*Route
	for _, file := range files {
		of, err := FromFile("some", file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, of...)
	}
	table, err := NewTable(all)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

var product = []protoreflect.FileDescriptor{
	seederv1.File_storefront_seeder_v1_seeder_proto, migratorv1.File_storefront_migrator_v1_migrator_proto,
	connectorsv1.File_storefront_connectors_v1_connectors_proto, topicsv1.File_storefront_topics_v1_topics_proto,
}

// sample is a path of the pattern.
func sample(pattern string) string {
	return variable.ReplaceAllStringFunc(pattern, func(v string) string {
		_, inner, found := strings.Cut(strings.Trim(v, "{}"), "=")
		if !found {
			inner = "*"
		}
		return strings.ReplaceAll(inner, "*", "some-id.1")
	})
}

// The router takes the first pattern that fits, so a Get declared behind its verbs would swallow
// them.
func TestEachRouteOfTheProductIsReachable(t *testing.T) {
	table := tableOf(t, product...)
	for _, route := range table.All() {
		t.Run(route.RPC, func(t *testing.T) {
			r := httptest.NewRequest(route.Method, sample(route.Pattern), nil)
			if got := table.Match(route.Method, r); got != route {
				t.Fatalf("%s %s reaches %v. Declare a resource's Get before its verbs.", route.Method, r.URL.Path, got)
			}
			if !slices.Contains(table.Allowed(r), route.Method) {
				t.Error("it is not among the allowed methods of its own path")
			}
			if route.Access == optionsv1.Access_ACCESS_UNSPECIFIED {
				t.Error("declares no access")
			}
			if route.Method == "GET" && route.Access != optionsv1.Access_READ {
				t.Error("a GET changes something")
			}
		})
	}
}

// The window of a stream has these names in the query of every stream.
func TestNoFieldIsNamedLikeTheWindow(t *testing.T) {
	for _, route := range tableOf(t, product...).All() {
		for _, name := range []protoreflect.Name{"max_messages", "max_seconds"} {
			if route.Input.Fields().ByName(name) != nil {
				t.Errorf("%s has the field %s", route.Input.FullName(), name)
			}
		}
	}
}

func TestMatchAndAllowed(t *testing.T) {
	table := tableOf(t, testingv1.File_storefront_testing_v1_testing_proto)
	for _, c := range []struct {
		method, path, rpc string
		allowed           string
	}{
		{"GET", "/v1/widgets", "ListWidgets", "GET POST"},
		{"POST", "/v1/widgets", "CreateWidget", "GET POST"},
		{"POST", "/v1/widgets:make", "MakeWidget", "POST"},
		{"GET", "/v1/widgets/a", "GetWidget", "DELETE GET PATCH"},
		{"PUT", "/v1/widgets/a", "", "DELETE GET PATCH"},
		{"POST", "/v1/widgets/a:pause", "PauseWidget", "POST"},
		{"GET", "/v1/widgets/a:pause", "", "POST"},
		{"GET", "/v1/widgets/a:watch", "WatchWidget", "GET"},
		{"GET", "/v1/widgets/a:unknown", "", ""},
		{"GET", "/v1/widgets/a:b:watch", "", ""},
		{"GET", "/v1/widgets/a/parts/b", "GetPart", "GET"},
		{"GET", "/v1/widgets/a/parts/", "", ""},
		{"GET", "/v1/widgets/", "", ""},
		{"GET", "/v1/widgets/a%252Fb", "GetWidget", "DELETE GET PATCH"},
		{"GET", "/v1/none", "", ""},
		{"GET", "/v1", "", ""},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			got := ""
			if route := table.Match(c.method, r); route != nil {
				got = strings.TrimPrefix(route.RPC, "/storefront.testing.v1.WidgetService/")
			}
			if allowed := strings.Join(table.Allowed(r), " "); got != c.rpc || allowed != c.allowed {
				t.Errorf("reaches %q, allowed %q", got, allowed)
			}
		})
	}
}

func TestBodyAndPathFields(t *testing.T) {
	want := map[string]struct {
		body     string
		required bool
		fields   string
	}{
		"MakeWidget":   {Whole, false, ""},
		"CreateWidget": {"widget", true, ""},
		"UpdateWidget": {"widget", true, "widget.name"},
		"PauseWidget":  {Whole, false, "name"},
		"GetWidget":    {"", false, "name"},
	}
	for _, route := range tableOf(t, testingv1.File_storefront_testing_v1_testing_proto).All() {
		_, method, _ := strings.Cut(route.RPC[1:], "/")
		if w, listed := want[method]; listed && (route.Body != w.body || route.BodyRequired != w.required || strings.Join(route.PathFields, " ") != w.fields) {
			t.Errorf("%s: %+v", method, route)
		}
	}
}

func TestTwoRoutesOfOnePathAreAnError(t *testing.T) {
	of, err := FromFile("some", testingv1.File_storefront_testing_v1_testing_proto)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewTable(append(of, of[0])); err == nil || !strings.Contains(err.Error(), "both want") {
		t.Errorf("got %v", err)
	}
}
