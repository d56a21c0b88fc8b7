// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	optionsv1 "storefront-cdc/gateway/gen/storefront/options/v1"
)

// finishSchemas closes each message, bounds its fields and describes the values of enums.
func (f *finisher) finishSchemas(schemas *object) error {
	for _, name := range schemas.names {
		found, err := f.source.files.FindDescriptorByName(protoreflect.FullName(name))
		if name == statusSchema {
			continue
		}
		if err != nil {
			return fmt.Errorf("schema %s is no message or enum of the protos", name)
		}
		switch of := found.(type) {
		case protoreflect.MessageDescriptor:
			f.closeSchema(schemas.child(name), of)
		case protoreflect.EnumDescriptor:
			describeValues(schemas.child(name), of)
		}
	}
	return nil
}

// closeSchema makes a message's schema refuse what the gateway refuses: unknown names and values out
// of form. Properties come in the order of the proto.
func (f *finisher) closeSchema(schema *object, message protoreflect.MessageDescriptor) {
	schema.set("additionalProperties", false)
	properties := schema.child("properties")
	if properties == nil {
		return
	}
	fields := message.Fields()
	order := make([]string, 0, fields.Len())
	for i := range fields.Len() {
		field := fields.Get(i)
		order = append(order, field.JSONName())
		if property := properties.child(field.JSONName()); property != nil {
			tighten(property, field)
		}
	}
	properties.orderBy(order)
	schema.orderBy([]string{"type", "description", "properties", "required", "additionalProperties"})
}

// describeValues adds what the proto says about each value; the generator leaves it out.
func describeValues(schema *object, enum protoreflect.EnumDescriptor) {
	lines := []string{schema.text("description"), ""}
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		_, about := split(comment(value))
		lines = append(lines, fmt.Sprintf("- `%s`: %s", value.Name(), about))
	}
	schema.set("description", strings.TrimSpace(strings.Join(lines, "\n")))
	schema.orderBy([]string{"type", "description", "enum"})
}

// tighten adds to the schema of a field what its type and its rule say.
func tighten(schema *object, field protoreflect.FieldDescriptor) {
	rule, _ := proto.GetExtension(field.Options(), optionsv1.E_Rule).(*optionsv1.FieldRule)
	target := schema
	switch {
	case field.IsMap():
		setBound(schema, "maxProperties", rule, func(r *optionsv1.FieldRule) *uint32 { return r.MaxItems })
		if target = schema.child("additionalProperties"); target == nil {
			return
		}
		field = field.MapValue()
	case field.IsList():
		setBound(schema, "maxItems", rule, func(r *optionsv1.FieldRule) *uint32 { return r.MaxItems })
		if target = schema.child("items"); target == nil {
			return
		}
	}
	if pattern := formOf(field); pattern != "" {
		target.set("pattern", pattern)
	}
	if rule == nil {
		return
	}
	setBound(target, "minLength", rule, func(r *optionsv1.FieldRule) *uint32 { return r.MinLength })
	setBound(target, "maxLength", rule, func(r *optionsv1.FieldRule) *uint32 { return r.MaxLength })
	if rule.Pattern != nil { // an empty string passes, as it does in the service
		target.set("pattern", "^(?:"+rule.GetPattern()+")?$")
	}
	if target.text("type") == "string" { // a 64-bit number: bounds do not apply to its text
		if rule.Minimum != nil && rule.GetMinimum() >= 0 && formOf(field) != "" {
			target.set("pattern", `^[0-9]+$`)
		}
		return
	}
	for _, bound := range []struct {
		name  string
		value *float64
	}{{"minimum", rule.Minimum}, {"maximum", rule.Maximum}, {"exclusiveMinimum", rule.ExclusiveMinimum}, {"exclusiveMaximum", rule.ExclusiveMaximum}} {
		if bound.value != nil {
			target.set(bound.name, json.Number(strconv.FormatFloat(*bound.value, 'f', -1, 64)))
		}
	}
}

func setBound(schema *object, name string, rule *optionsv1.FieldRule, get func(*optionsv1.FieldRule) *uint32) {
	if rule == nil {
		return
	}
	if bound := get(rule); bound != nil {
		schema.set(name, number(int(*bound)))
	}
}

// formOf is the pattern of what JSON writes as a string though it is none.
func formOf(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return `^-?[0-9]+$`
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return `^[0-9]+$`
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "google.protobuf.Duration":
			return `^-?[0-9]+(\.[0-9]{1,9})?s$`
		case "google.protobuf.FieldMask":
			return `^[a-zA-Z0-9_.,]*$`
		}
	}
	return ""
}
