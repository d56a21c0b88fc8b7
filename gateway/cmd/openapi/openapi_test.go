// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const testHead = `
info: {title: widgets}
tags: [{name: WidgetService}]
components: {schemas: {google.rpc.Status: {type: object}}}
`

const testExamples = `
MakeWidget: {bodies: {one: {summary: One, value: {widget: {displayName: a}}}}}
CreateWidget: {bodies: {one: {summary: One, value: {sizeMm: 3}}}}
UpdateWidget: {parameters: {widget: w1}, bodies: {one: {summary: One, value: {sizeMm: 3}}}}
DeleteWidget: {parameters: {widget: w1}}
PauseWidget: {bodies: {one: {summary: One, value: {}}}}
WatchWidget: {parameters: {maxMessages: 5}}
`

// made is the document of the test protos, through files as gateway/build does it.
func made(t *testing.T, head, examples string) (*object, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{"head.yaml": head, "examples.yaml": examples} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return finish("../../gen/openapi-testing", filepath.Join(folder, "head.yaml"), filepath.Join(folder, "examples.yaml"), "1.2.3")
}

func document(t *testing.T) *object {
	t.Helper()
	whole, err := made(t, testHead, testExamples)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// at follows names (and list items by their `name`) to a value, as JSON.
func at(t *testing.T, from *object, path ...string) string {
	t.Helper()
	var value any = from
	for _, step := range path {
		switch v := value.(type) {
		case *object:
			value = v.values[step]
		case []any:
			i := slices.IndexFunc(v, func(item any) bool { o, _ := item.(*object); return o != nil && o.text("name") == step })
			if i < 0 {
				return "absent"
			}
			value = v[i]
		default:
			return "absent"
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	var compacted bytes.Buffer
	if err := json.Compact(&compacted, out.Bytes()); err != nil {
		t.Fatal(err)
	}
	return compacted.String()
}

func TestRules(t *testing.T) {
	d := document(t)
	widget := []string{"components", "schemas", "storefront.testing.v1.Widget"}
	property := func(name ...string) []string { return append(append(slices.Clone(widget), "properties"), name...) }
	for _, c := range []struct {
		name string
		path []string
		want string
	}{
		{"version", []string{"info", "version"}, `"1.2.3"`},
		{"one name for a resource's id", []string{"paths", "/v1/widgets/{widget}", "patch", "parameters", "widget", "schema"}, `{"type":"string","pattern":"^[^/:]+$"}`},
		{"and for the ids below", []string{"paths", "/v1/widgets/{widget}/parts/{part}", "get", "parameters", "part", "in"}, `"path"`},
		{"verbs keep their path", []string{"paths", "/v1/widgets/{widget}:pause", "post", "operationId"}, `"PauseWidget"`},
		{"the path's field is no query parameter", []string{"paths", "/v1/widgets/{widget}", "patch", "parameters", "widget.name"}, "absent"},
		{"role", []string{"paths", "/v1/widgets/{widget}", "delete", "x-required-role"}, `"admin"`},
		{"role of a reader", []string{"paths", "/v1/widgets", "get", "x-required-role"}, `"viewer"`},
		{"closed message", append(slices.Clone(widget), "additionalProperties"), "false"},
		{"closed body", []string{"paths", "/v1/widgets:make", "post", "requestBody", "content", "application/json", "schema", "additionalProperties"}, "false"},
		{"body not required", []string{"paths", "/v1/widgets:make", "post", "requestBody", "required"}, "null"},
		{"body required", []string{"paths", "/v1/widgets", "post", "requestBody", "required"}, "true"},
		{"bounds", property("sizeMm"), `{"type":"integer","format":"int32","minimum":0,"maximum":1000}`},
		{"exclusive bound", property("weightKg", "exclusiveMinimum"), "0"},
		{"pattern and length", property("displayName"), `{"type":"string","description":"What it is called.","maxLength":63,"pattern":"^(?:[a-z ]*)?$"}`},
		{"items", property("tags", "maxItems"), "3"},
		{"64-bit text", property("serial", "pattern"), `"^-?[0-9]+$"`},
		{"unsigned 64-bit text", property("bigCount", "pattern"), `"^[0-9]+$"`},
		{"duration", property("period", "pattern"), `"^-?[0-9]+(\\.[0-9]{1,9})?s$"`},
		{"mask", []string{"paths", "/v1/widgets", "get", "parameters", "readMask", "schema", "pattern"}, `"^[a-zA-Z0-9_.,]*$"`},
		{"enum values", []string{"components", "schemas", "storefront.testing.v1.Material", "description"},
			`"What a widget is made of.\n\n- ` + "`MATERIAL_UNSPECIFIED`: Not given.\\n- `MATERIAL_IRON`: It rusts.\\n- `MATERIAL_WOOD`: It floats.\""},
		{"stream as lines", []string{"paths", "/v1/widgets/{widget}:watch", "get", "responses", "200", "content", "application/x-ndjson", "schema", "properties", "result"},
			`{"$ref":"#/components/schemas/storefront.testing.v1.WatchWidgetResponse"}`},
		{"stream as events", []string{"paths", "/v1/widgets/{widget}:watch", "get", "responses", "200", "content", "text/event-stream", "schema"}, `{"type":"string"}`},
		{"stream is not plain JSON", []string{"paths", "/v1/widgets/{widget}:watch", "get", "responses", "200", "content", "application/json"}, "null"},
		{"window", []string{"paths", "/v1/widgets/{widget}:watch", "get", "parameters", "maxMessages"},
			`{"name":"maxMessages","in":"query","description":"The gateway ends the stream after so many messages.","schema":{"type":"integer","minimum":1,"maximum":1000},"example":5}`},
		{"shared failure", []string{"paths", "/v1/widgets:make", "post", "responses", "409"}, `{"$ref":"#/components/responses/Conflict"}`},
		{"a GET has no conflict", []string{"paths", "/v1/widgets", "get", "responses", "409"}, "null"},
		{"real failure", []string{"components", "responses", "Unavailable", "content", "application/json", "examples", "BACKEND_UNAVAILABLE", "value", "code"}, "14"},
		{"header of a failure", []string{"components", "responses", "Unavailable", "headers", "Retry-After", "schema"}, `{"type":"string"}`},
		{"example body", []string{"paths", "/v1/widgets:make", "post", "requestBody", "content", "application/json", "examples", "one", "value"}, `{"widget":{"displayName":"a"}}`},
		{"example of a path", []string{"paths", "/v1/widgets/{widget}", "delete", "parameters", "widget", "example"}, `"w1"`},
		{"tag", []string{"tags", "WidgetService", "description"}, `"Widgets, to be made, read, changed and watched."`},
		{"summary", []string{"paths", "/v1/widgets:make", "post", "summary"}, `"Makes a widget"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := at(t, d, c.path...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if names := d.child("components").child("schemas").child(widget[2]).child("properties").names; names[0] != "name" || names[1] != "displayName" {
		t.Errorf("properties are not in the order of the proto: %v", names)
	}
}

func TestFaultsOfTheSources(t *testing.T) {
	for name, c := range map[string]struct{ head, examples, fault string }{
		"no example for a change":       {testHead, strings.Replace(testExamples, "DeleteWidget: {parameters: {widget: w1}}", "", 1), "DeleteWidget: has no example"},
		"no body for a change":          {testHead, strings.Replace(testExamples, "PauseWidget: {bodies: {one: {summary: One, value: {}}}}", "", 1), "PauseWidget: has no example"},
		"unknown field in an example":   {testHead, strings.Replace(testExamples, "{sizeMm: 3}", "{sizeMn: 3}", 1), "did you mean sizeMm?"},
		"example out of form":           {testHead, strings.Replace(testExamples, "{sizeMm: 3}", "{sizeMm: x}", 1), "must be a whole number"},
		"example of no RPC":             {testHead, testExamples + "Explode: {bodies: {}}\n", "no RPC has the operation id Explode"},
		"example of no parameter":       {testHead, strings.Replace(testExamples, "maxMessages: 5", "maxMessage: 5", 1), "no parameter maxMessage"},
		"example given twice":           {testHead, testExamples + "PauseWidget: {}\n", "given twice"},
		"a service without tag":         {strings.Replace(testHead, "WidgetService", "OtherService", 1), testExamples, "tags must name WidgetService"},
		"a tag without service":         {strings.Replace(testHead, "{name: WidgetService}", "{name: WidgetService}, {name: X}", 1), testExamples, "there is no service X"},
		"the failure's schema is ours":  {"info: {title: x}\ntags: [{name: WidgetService}]\n", testExamples, "must have components.schemas"},
		"an example without a sentence": {testHead, strings.Replace(testExamples, "summary: One, value: {widget", "value: {widget", 1), "needs summary and value"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := made(t, c.head, c.examples); err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
}

func TestMergeRefusesWhatDiffers(t *testing.T) {
	parse := func(text string) *object {
		o, err := parseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	head := func() *object { o, _ := parseYAML([]byte(testHead)); return o }
	one := `{"paths":{"/a":{"get":{}}},"components":{"schemas":{"A":{"type":"object","x":1},"google.rpc.Status":{"a":1}}}}`
	if _, err := merge(head(), []*object{parse(one), parse(strings.Replace(one, "/a", "/b", 1))}); err != nil {
		t.Errorf("equal components: %v", err)
	}
	if _, err := merge(head(), []*object{parse(one), parse(`{"paths":{},"components":{"schemas":{"A":{"type":"string"}}}}`)}); err == nil {
		t.Error("unequal components were merged")
	}
	if _, err := merge(head(), []*object{parse(one), parse(one)}); err == nil || !strings.Contains(err.Error(), "two RPCs want GET /a") {
		t.Errorf("two operations of one path: %v", err)
	}
}

func TestYAMLAndJSONSayTheSame(t *testing.T) {
	folder := t.TempDir()
	asJSON, asYAML := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.yaml")
	if err := write(document(t), asJSON, asYAML); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(asJSON)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := parseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	fromYAML, err := readYAML(asYAML)
	if err != nil {
		t.Fatal(err)
	}
	if !equal(fromJSON, fromYAML) {
		t.Error("they differ")
	}
}

// docs/openapi.yaml is what people read and compare; it must be the document that is served.
func TestCommittedDocumentIsCurrent(t *testing.T) {
	committed, err := os.ReadFile("../../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	served, err := os.ReadFile("../../web/vendor/document/openapi.yaml")
	if err != nil {
		t.Fatalf("run gateway/build first: %v", err)
	}
	if !bytes.Equal(committed, served) {
		t.Error("docs/openapi.yaml is not what the protos say now. Type: gateway/build --update-docs")
	}
}
