// SPDX-License-Identifier: Apache-2.0

// Package routes knows every HTTP binding of every RPC, from the descriptors that are linked in.
package routes

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	optionsv1 "storefront-cdc/gateway/gen/storefront/options/v1"
)

// Whole is the Body of a route whose body is the request message itself.
const Whole = "*"

// Route is one HTTP binding of one RPC.
type Route struct {
	Backend      string // the service behind it: "seeder"
	Method       string // "POST"
	Pattern      string // "/v1/{name=seedRuns/*}:pause"
	RPC          string // "/storefront.seeder.v1.SeederService/PauseSeedRun"
	Input        protoreflect.MessageDescriptor
	Output       protoreflect.MessageDescriptor
	Stream       bool     // the service streams its answer
	Body         string   // "", Whole, or the name of a field of Input
	BodyRequired bool     // a field in the body is REQUIRED
	PathFields   []string // "seed_run.name": proto names
	Access       optionsv1.Access
}

// NewInput makes an empty request.
func (r *Route) NewInput() proto.Message { return newMessage(r.Input) }

// NewOutput makes an empty response.
func (r *Route) NewOutput() proto.Message { return newMessage(r.Output) }

// BodyMessage describes what the body holds; nil for a route without body.
func (r *Route) BodyMessage() protoreflect.MessageDescriptor {
	switch r.Body {
	case "":
		return nil
	case Whole:
		return r.Input
	}
	return r.Input.Fields().ByName(protoreflect.Name(r.Body)).Message()
}

func newMessage(descriptor protoreflect.MessageDescriptor) proto.Message {
	if linked, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName()); err == nil {
		return linked.New().Interface()
	}
	return dynamicpb.NewMessage(descriptor)
}

// IsRequired tells whether the API's contract asks for this field.
func IsRequired(field protoreflect.FieldDescriptor) bool {
	behaviors, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED)
}

// FromFile lists the bindings of each service in a file. Each method must have an HTTP rule.
func FromFile(backend string, file protoreflect.FileDescriptor) ([]*Route, error) {
	var all []*Route
	services := file.Services()
	for i := range services.Len() {
		methods := services.Get(i).Methods()
		for j := range methods.Len() {
			of, err := fromMethod(backend, methods.Get(j))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", methods.Get(j).FullName(), err)
			}
			all = append(all, of...)
		}
	}
	return all, nil
}

func fromMethod(backend string, method protoreflect.MethodDescriptor) ([]*Route, error) {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil, fmt.Errorf("has no google.api.http rule")
	}
	access, _ := proto.GetExtension(method.Options(), optionsv1.E_Access).(optionsv1.Access)
	var all []*Route
	for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		verb, pattern := verbAndPattern(binding)
		if verb == "" {
			return nil, fmt.Errorf("has a binding without a path")
		}
		route := &Route{
			Backend: backend, Method: verb, Pattern: pattern,
			RPC:   "/" + string(method.Parent().FullName()) + "/" + string(method.Name()),
			Input: method.Input(), Output: method.Output(),
			Stream: method.IsStreamingServer(), Body: binding.GetBody(),
			PathFields: pathFields(pattern), Access: access,
		}
		if route.Body != "" && route.BodyMessage() == nil {
			return nil, fmt.Errorf("body %q is no message field of %s", route.Body, method.Input().FullName())
		}
		route.BodyRequired = bodyRequired(route)
		all = append(all, route)
	}
	return all, nil
}

func verbAndPattern(rule *annotations.HttpRule) (string, string) {
	switch of := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, of.Get
	case *annotations.HttpRule_Post:
		return http.MethodPost, of.Post
	case *annotations.HttpRule_Put:
		return http.MethodPut, of.Put
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, of.Patch
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, of.Delete
	}
	return "", ""
}

var variable = regexp.MustCompile(`\{([^=}]+)(=[^}]*)?\}`)

func pathFields(pattern string) []string {
	var fields []string
	for _, match := range variable.FindAllStringSubmatch(pattern, -1) {
		fields = append(fields, match[1])
	}
	return fields
}

// normal is the spelling that the router's own Pattern.String has.
func normal(pattern string) string {
	return variable.ReplaceAllStringFunc(pattern, func(v string) string {
		if strings.Contains(v, "=") {
			return v
		}
		return strings.TrimSuffix(v, "}") + "=*}"
	})
}

func bodyRequired(route *Route) bool {
	switch route.Body {
	case "":
		return false
	case Whole:
		fields := route.Input.Fields()
		for i := range fields.Len() {
			field := fields.Get(i)
			if IsRequired(field) && !slices.Contains(route.PathFields, string(field.Name())) {
				return true
			}
		}
		return false
	}
	return IsRequired(route.Input.Fields().ByName(protoreflect.Name(route.Body)))
}
