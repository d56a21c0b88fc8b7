// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	optionsv1 "storefront-cdc/gateway/gen/storefront/options/v1"
	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/strict"
)

// idPattern is what an id in a path looks like: the gateway refuses slash and colon.
const idPattern = `^[^/:]+$`

// roles by access, as the services ask for them.
var roles = map[optionsv1.Access]string{
	optionsv1.Access_READ: "viewer", optionsv1.Access_WRITE: "operator", optionsv1.Access_ADMIN: "admin",
}

// finishPaths makes each operation say what the gateway really does, and gives each path the names
// of its resources.
func (f *finisher) finishPaths(paths *object) (*object, error) {
	finished := newObject()
	for _, path := range paths.names {
		item := paths.child(path)
		for _, method := range item.names {
			operation := item.child(method)
			route := f.source.routes[operation.text("operationId")]
			if route == nil || !strings.EqualFold(route.Method, method) {
				return nil, fmt.Errorf("%s %s: no RPC has the operation id %q", method, path, operation.text("operationId"))
			}
			template, ids, err := f.template(route)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", route.RPC, err)
			}
			if err := f.finishOperation(operation, route, ids); err != nil {
				return nil, fmt.Errorf("%s: %w", route.RPC, err)
			}
			if err := mergePath(finished, template, newObject(member{method, operation})); err != nil {
				return nil, err
			}
		}
	}
	return finished, nil
}

// pathID is a wildcard of a path by the name that the document gives it.
type pathID struct{ name, collection, field string }

var pathVariable = regexp.MustCompile(`\{([^=}]+)(?:=([^}]*))?\}`)

// template turns /v1/{name=seedRuns/*}:pause into /v1/seedRuns/{seedRun}:pause: one spelling for all
// methods of a resource, whatever the request's field is called.
func (f *finisher) template(route *routes.Route) (string, []pathID, error) {
	var ids []pathID
	var fault error
	path := pathVariable.ReplaceAllStringFunc(route.Pattern, func(variable string) string {
		match := pathVariable.FindStringSubmatch(variable)
		field, inner := match[1], match[2]
		segments := strings.Split(inner, "/")
		for i, segment := range segments {
			if segment != "*" && (segment != "" || len(segments) > 1) {
				continue
			}
			if i == 0 {
				fault = fmt.Errorf("the path variable %s names no collection; write {%s=things/*}", field, field)
				return ""
			}
			name, err := f.singular(segments[i-1])
			if err != nil {
				fault = err
				return ""
			}
			ids = append(ids, pathID{name: name, collection: segments[i-1], field: field})
			segments[i] = "{" + name + "}"
		}
		return strings.Join(segments, "/")
	})
	return path, ids, fault
}

func (f *finisher) singular(collection string) (string, error) {
	if name := f.source.singulars[collection]; name != "" {
		return name, nil
	}
	if name, plural := strings.CutSuffix(collection, "s"); plural {
		return name, nil
	}
	return "", fmt.Errorf("no google.api.resource has the plural %q", collection)
}

func (f *finisher) finishOperation(operation *object, route *routes.Route, ids []pathID) error {
	method, err := f.source.method(route)
	if err != nil {
		return err
	}
	summary, description := split(comment(method))
	// The generator's id has the service in it, and an underscore, which Swagger UI's links warn of.
	id := string(method.Name())
	if f.ids[id] {
		return fmt.Errorf("another service has a method of this name, and operation ids must differ")
	}
	f.ids[id] = true
	operation.set("operationId", id)
	operation.set("summary", summary)
	operation.set("description", description)
	if route.Access == optionsv1.Access_ACCESS_UNSPECIFIED {
		return fmt.Errorf("declares no access")
	}
	operation.set("x-required-role", roles[route.Access])
	example := f.examples.take(id)
	parameters, err := f.parameters(operation.list("parameters"), route, ids, example)
	if err != nil {
		return err
	}
	operation.remove("parameters")
	if len(parameters) > 0 {
		operation.set("parameters", parameters)
	}
	if err := f.requestBody(operation, route, example); err != nil {
		return err
	}
	f.responses(operation, route)
	operation.orderBy([]string{"tags", "summary", "description", "operationId", "x-required-role", "parameters", "requestBody", "responses"})
	return nil
}

// split takes the first sentence of a comment as summary, without its full stop.
func split(text string) (summary, description string) {
	text = strings.ReplaceAll(text, "\n\n", "\x00")
	text = strings.ReplaceAll(text, "\n", " ")
	text = strings.ReplaceAll(text, "\x00", "\n\n")
	end := strings.Index(text+" ", ". ")
	if paragraph := strings.Index(text, "\n\n"); paragraph >= 0 && (end < 0 || paragraph < end) {
		end = paragraph
	}
	if end < 0 {
		return text, text
	}
	return strings.TrimSuffix(text[:end], "."), text
}

func (f *finisher) parameters(generated []any, route *routes.Route, ids []pathID, example *example) ([]any, error) {
	var finished []any
	for _, id := range ids {
		schema := newObject(member{"type", "string"}, member{"pattern", idPattern})
		parameter := newObject(member{"name", id.name}, member{"in", "path"}, member{"required", true},
			member{"description", "Id in the collection " + id.collection + "."}, member{"schema", schema})
		if value, given := example.parameter(id.name); given {
			parameter.set("example", value)
		}
		finished = append(finished, parameter)
	}
	for _, each := range generated {
		parameter, _ := each.(*object)
		if parameter.text("in") != "query" {
			continue
		}
		name := parameter.text("name")
		field := fieldAt(route.Input, strings.TrimSuffix(name, "[string]"))
		if field == nil {
			return nil, fmt.Errorf("the generator's parameter %q is no field of %s", name, route.Input.FullName())
		}
		tighten(parameter.child("schema"), field)
		if value, given := example.parameter(name); given {
			parameter.set("example", value)
		}
		finished = append(finished, parameter)
	}
	if route.Stream {
		finished = append(finished, streamParameters(example)...)
	}
	if err := example.unusedParameters(); err != nil {
		return nil, err
	}
	return finished, nil
}

// fieldAt follows JSON names to a field.
func fieldAt(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	var field protoreflect.FieldDescriptor
	for part := range strings.SplitSeq(name, ".") {
		if message == nil {
			return nil
		}
		if field = message.Fields().ByJSONName(part); field == nil {
			return nil
		}
		message = field.Message()
	}
	return field
}

func streamParameters(example *example) []any {
	bounded := func(name string, most int, description string) *object {
		parameter := newObject(member{"name", name}, member{"in", "query"}, member{"description", description},
			member{"schema", newObject(member{"type", "integer"}, member{"minimum", number(1)}, member{"maximum", number(most)})})
		if value, given := example.parameter(name); given {
			parameter.set("example", value)
		}
		return parameter
	}
	return []any{
		bounded(strict.MaxMessages, strict.MaxMessagesBound, "The gateway ends the stream after so many messages."),
		bounded(strict.MaxSeconds, strict.MaxSecondsBound, "The gateway ends the stream after so many seconds."),
	}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func (f *finisher) requestBody(operation *object, route *routes.Route, example *example) error {
	body := operation.child("requestBody")
	if body == nil {
		if example.hasBody() {
			return fmt.Errorf("has an example with a body, and takes none")
		}
		if route.Method != http.MethodGet && example == nil {
			return fmt.Errorf("has no example in examples.yaml")
		}
		return nil
	}
	content := body.child("content").child("application/json")
	schema := content.child("schema")
	if !schema.has("$ref") { // the request message, written out without the fields of the path
		f.closeSchema(schema, route.Input)
	}
	if !example.hasBody() {
		return fmt.Errorf("has no example with a body in examples.yaml")
	}
	examples, err := example.bodies(route)
	if err != nil {
		return err
	}
	content.set("examples", examples)
	body.remove("required")
	if route.BodyRequired {
		body.set("required", true)
	}
	return nil
}

// responses: what the generator says about 200, as the gateway sends it, and the shared failures.
func (f *finisher) responses(operation *object, route *routes.Route) {
	ok := operation.child("responses").child("200")
	if route.Stream {
		schema := ok.child("content").child("application/json").child("schema")
		schema.remove("title")
		schema.set("description", "One line: a message, or the failure that ends the stream.")
		ok.set("description", "A stream that ends by itself, by maxMessages or maxSeconds, or when the client leaves. "+
			"As `application/x-ndjson` a line per message; as `text/event-stream`, for which the request's Accept must ask, an event per "+
			"message with its sequence as id, a failure as event `status`, a normal end as event `end`.")
		ok.set("content", newObject(
			member{"application/x-ndjson", newObject(member{"schema", schema})},
			member{"text/event-stream", newObject(member{"schema", newObject(member{"type", "string"})})}))
	} else {
		_, whole := split(comment(route.Output))
		if route.Output.FullName() == "google.protobuf.Empty" || whole == "" {
			whole = "Done."
		}
		ok.set("description", whole)
	}
	responses := newObject(member{"200", ok})
	for _, failure := range sharedFailures() {
		if slices.Contains(failure.methods, route.Method) || len(failure.methods) == 0 {
			responses.set(failure.code, newObject(member{"$ref", "#/components/responses/" + failure.name}))
		}
	}
	operation.set("responses", responses)
}
