// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/nearest"
	"storefront-cdc/gateway/internal/status"
)

// faultsMax ends a walk: a longer list helps nobody.
const faultsMax = 16

// walker compares a JSON body with the message that it shall become, and notes each field that does
// not fit. The JSON is known to be well formed.
type walker struct {
	cursor
	faults []status.Field
	// bound are values of the path by field path in proto names: "seed_run.name".
	bound map[string]string
}

// Message tells what keeps `body` from being JSON of `message`: one entry per field. `bound` are
// fields that already have a value, by their path in proto names; the body may only repeat it.
func Message(body []byte, message protoreflect.MessageDescriptor, bound map[string]string) []status.Field {
	w := walker{cursor: cursor{data: body}, bound: bound}
	w.message(message, "", "")
	return w.faults
}

func (w *walker) note(path string, reason errorsv1.Reason, description string) {
	if len(w.faults) < faultsMax {
		w.faults = append(w.faults, status.Field{Path: path, Reason: reason, Description: description})
	}
}

// item stands in a path of proto names for an item of a list or map, where nothing is bound.
const item = "[]"

// message walks over an object. `path` is as the caller spells it, in JSON names; `proto` in proto
// names, empty at the top.
func (w *walker) message(message protoreflect.MessageDescriptor, path, proto string) {
	if w.kind() != '{' {
		w.raw()
		w.note(path, errorsv1.Reason_INVALID_VALUE, "must be an object of "+string(message.Name()))
		return
	}
	seen := map[protoreflect.FieldNumber]bool{}
	chosen := map[protoreflect.Name]string{}
	w.members(func(name string) {
		if len(w.faults) >= faultsMax {
			w.raw()
			return
		}
		field := fieldByName(message, name)
		if field == nil {
			w.raw()
			w.note(join(path, name), errorsv1.Reason_UNKNOWN_FIELD,
				fmt.Sprintf("%s has no such field%s", message.Name(), didYouMean(name, fieldNames(message))))
			return
		}
		if seen[field.Number()] {
			w.raw()
			w.note(join(path, name), errorsv1.Reason_DUPLICATE_FIELD, "is given twice")
			return
		}
		seen[field.Number()] = true
		if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
			if other := chosen[oneof.Name()]; other != "" {
				w.raw()
				w.note(join(path, name), errorsv1.Reason_INVALID_VALUE, "only one of it and "+other+" can be set")
				return
			}
			chosen[oneof.Name()] = name
		}
		below := string(field.Name())
		if proto != "" {
			below = proto + "." + below
		}
		w.field(field, join(path, name), below)
	})
}

func (w *walker) field(field protoreflect.FieldDescriptor, path, proto string) {
	switch {
	case w.isNull(field, path):
	case field.IsMap():
		w.mapField(field, path)
	case field.IsList():
		if w.kind() != '[' {
			w.raw()
			w.note(path, errorsv1.Reason_INVALID_VALUE, "must be a list")
			return
		}
		w.items(func(index int) {
			at := path + "[" + strconv.Itoa(index) + "]"
			if !w.isNull(field, at) {
				w.one(field, at, item)
			}
		})
	default:
		w.one(field, path, proto)
	}
}

// isNull takes a null, which stands for no value: protojson would read it as a field that is unset.
func (w *walker) isNull(field protoreflect.FieldDescriptor, path string) bool {
	if w.kind() != 'n' {
		return false
	}
	if !field.IsMap() && field.Message() != nil && field.Message().FullName() == "google.protobuf.Value" {
		return false
	}
	w.raw()
	w.note(path, errorsv1.Reason_NULL_VALUE, "must not be null; leave it out")
	return true
}

func (w *walker) mapField(field protoreflect.FieldDescriptor, path string) {
	if w.kind() != '{' {
		w.raw()
		w.note(path, errorsv1.Reason_INVALID_VALUE, "must be an object of names and values")
		return
	}
	seen := map[string]bool{}
	w.members(func(key string) {
		at := path + "[" + strconv.Quote(key) + "]"
		if fault := textFault(field.MapKey(), key); fault != "" {
			w.raw()
			w.note(at, errorsv1.Reason_INVALID_VALUE, "the name "+fault)
			return
		}
		if seen[key] {
			w.raw()
			w.note(at, errorsv1.Reason_DUPLICATE_FIELD, "is given twice")
			return
		}
		seen[key] = true
		if !w.isNull(field.MapValue(), at) {
			w.one(field.MapValue(), at, item)
		}
	})
}

// one walks over a single value of a field: an item, a map's value, or the field's own.
func (w *walker) one(field protoreflect.FieldDescriptor, path, proto string) {
	message := field.Message()
	if message == nil {
		w.scalar(field, path, proto)
		return
	}
	if inner := wrapped(message); inner != nil {
		w.scalar(inner, path, item)
		return
	}
	if form := asText(message); form != "" {
		if !parsesAs(message, w.raw()) {
			w.note(path, errorsv1.Reason_INVALID_VALUE, form)
		}
		return
	}
	if isAnyJSON(message) {
		start := w.pos
		w.free(path)
		if len(w.faults) == 0 && !parsesAs(message, w.data[start:w.pos]) {
			w.note(path, errorsv1.Reason_INVALID_VALUE, "is not JSON of "+string(message.FullName()))
		}
		return
	}
	w.message(message, path, proto)
}

func (w *walker) scalar(field protoreflect.FieldDescriptor, path, proto string) {
	raw := w.raw()
	if fault := scalarFault(field, raw); fault != "" {
		w.note(path, errorsv1.Reason_INVALID_VALUE, fault)
		return
	}
	value, isBound := w.bound[proto]
	if !isBound {
		return
	}
	text := string(raw)
	if raw[0] == '"' {
		text = unquote(raw[1 : len(raw)-1])
	}
	if text != value {
		w.note(path, errorsv1.Reason_INVALID_VALUE, fmt.Sprintf("is %q here and %q in the path", text, value))
	}
}

// free walks over JSON of any form, to find names that are given twice.
func (w *walker) free(path string) {
	switch w.kind() {
	case '{':
		seen := map[string]bool{}
		w.members(func(name string) {
			if seen[name] {
				w.note(join(path, name), errorsv1.Reason_DUPLICATE_FIELD, "is given twice")
			}
			seen[name] = true
			w.free(join(path, name))
		})
	case '[':
		w.items(func(index int) { w.free(path + "[" + strconv.Itoa(index) + "]") })
	default:
		w.raw()
	}
}

// fieldByName knows both spellings of a field.
func fieldByName(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	fields := message.Fields()
	if field := fields.ByJSONName(name); field != nil {
		return field
	}
	return fields.ByTextName(name)
}

func fieldNames(message protoreflect.MessageDescriptor) []string {
	fields := message.Fields()
	names := make([]string, 0, fields.Len())
	for i := range fields.Len() {
		names = append(names, fields.Get(i).JSONName())
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// didYouMean ignores the difference between the two spellings of a field.
func didYouMean(name string, names []string) string {
	return nearest.DidYouMean(camelMask(name), names)
}
