// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
)

// Window is when the gateway itself ends a stream; zero values do not.
type Window struct {
	Messages int
	Time     time.Duration
}

// Parameters of every stream, which are the gateway's own.
const (
	MaxMessages      = "maxMessages"
	MaxSeconds       = "maxSeconds"
	MaxMessagesBound = 1000
	MaxSecondsBound  = 3600
)

// query is what the parameters of a request say.
type query struct {
	values url.Values // for the generated code, in the spelling that it reads
	window Window
	faults []status.Field
}

func (q *query) note(path string, reason errorsv1.Reason, description string) {
	if len(q.faults) < faultsMax {
		q.faults = append(q.faults, status.Field{Path: path, Reason: reason, Description: description})
	}
}

// readQuery checks the parameters against the fields of the request that neither path nor body hold.
func readQuery(route *routes.Route, raw string) query {
	q := query{values: url.Values{}}
	given, err := url.ParseQuery(raw)
	if err != nil {
		q.note("", errorsv1.Reason_INVALID_VALUE, "the query is not properly encoded")
		return q
	}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names)
	spelled := map[string]string{}
	for _, name := range names {
		q.parameter(route, name, given[name], spelled)
	}
	return q
}

func (q *query) parameter(route *routes.Route, name string, texts []string, spelled map[string]string) {
	for _, text := range append([]string{name}, texts...) {
		if !utf8.ValidString(text) {
			q.note(strings.ToValidUTF8(name, "\ufffd"), errorsv1.Reason_INVALID_UTF8, "is not UTF-8")
			return
		}
	}
	if route.Stream && q.windowParameter(name, texts) {
		return
	}
	target := findParameter(route, name)
	if target.field == nil {
		q.note(name, errorsv1.Reason_UNKNOWN_PARAMETER, fmt.Sprintf("%s %s has no such query parameter%s",
			route.Method, route.Pattern, didYouMean(name, ParameterNames(route))))
		return
	}
	if other := spelled[target.canonical]; other != "" {
		q.note(name, errorsv1.Reason_DUPLICATE_FIELD, "is given twice, also as "+other)
		return
	}
	spelled[target.canonical] = name
	if len(texts) > 1 && !target.field.IsList() {
		q.note(name, errorsv1.Reason_DUPLICATE_FIELD, "is given twice")
		return
	}
	for _, text := range texts {
		if fault := target.fault(text); fault != "" {
			q.note(name, errorsv1.Reason_INVALID_VALUE, fault)
			return
		}
		q.values.Add(target.canonical, target.generated(text))
	}
}

func (q *query) windowParameter(name string, texts []string) bool {
	var bound int
	switch name {
	case MaxMessages, "max_messages":
		name, bound = MaxMessages, MaxMessagesBound
	case MaxSeconds, "max_seconds":
		name, bound = MaxSeconds, MaxSecondsBound
	default:
		return false
	}
	number, err := strconv.Atoi(texts[0])
	if len(texts) > 1 {
		q.note(name, errorsv1.Reason_DUPLICATE_FIELD, "is given twice")
	} else if err != nil || !integer.MatchString(texts[0]) || number < 1 || number > bound {
		q.note(name, errorsv1.Reason_INVALID_VALUE, fmt.Sprintf("must be a whole number from 1 to %d", bound))
	} else if name == MaxMessages {
		q.window.Messages = number
	} else {
		q.window.Time = time.Duration(number) * time.Second
	}
	return true
}

// parameter is what a name of the query stands for.
type parameter struct {
	canonical string // in proto names: "part.number", "labels[color]"
	field     protoreflect.FieldDescriptor
	mapKey    *string
}

func (p parameter) fault(text string) string {
	field := p.field
	if p.mapKey != nil {
		if fault := textFault(field.MapKey(), *p.mapKey); fault != "" {
			return "the name " + fault
		}
		field = field.MapValue()
	}
	if message := field.Message(); message != nil {
		if inner := wrapped(message); inner != nil {
			return textFault(inner, text)
		}
		if message.FullName() == "google.protobuf.FieldMask" {
			text = camelMask(text)
		}
		if !parsesAs(message, strconv.AppendQuote(nil, text)) {
			return asText(message)
		}
		return ""
	}
	return textFault(field, text)
}

// generated is the value as the generated code reads it: it takes the paths of a field mask as they
// are, and they are proto names.
func (p parameter) generated(text string) string {
	if message := p.field.Message(); message == nil || message.FullName() != "google.protobuf.FieldMask" {
		return text
	}
	return snakeMask(text)
}

// findParameter follows a name to its field; the field is nil if the name is none.
func findParameter(route *routes.Route, name string) parameter {
	var mapKey *string
	if open := strings.IndexByte(name, '['); open > 0 && strings.HasSuffix(name, "]") {
		key := name[open+1 : len(name)-1]
		mapKey, name = &key, name[:open]
	}
	message := route.Input
	var path []string
	parts := strings.Split(name, ".")
	for i, part := range parts {
		field := fieldByName(message, part)
		if field == nil {
			return parameter{}
		}
		path = append(path, string(field.Name()))
		if i == 0 && (route.Body == routes.Whole || route.Body == path[0]) {
			return parameter{}
		}
		if slices.Contains(route.PathFields, strings.Join(path, ".")) {
			return parameter{}
		}
		if i < len(parts)-1 {
			if field.IsList() || field.IsMap() || field.Message() == nil || asText(field.Message()) != "" {
				return parameter{}
			}
			message = field.Message()
			continue
		}
		if field.IsMap() != (mapKey != nil) || !isLeaf(field) {
			return parameter{}
		}
		canonical := strings.Join(path, ".")
		if mapKey != nil {
			canonical += "[" + *mapKey + "]"
		}
		return parameter{canonical: canonical, field: field, mapKey: mapKey}
	}
	return parameter{}
}

func isLeaf(field protoreflect.FieldDescriptor) bool {
	if field.IsMap() {
		return field.MapValue().Message() == nil
	}
	message := field.Message()
	if message == nil {
		return true
	}
	return !field.IsList() && (wrapped(message) != nil || asText(message) != "")
}

// ParameterNames lists the query parameters of a route by their names in JSON spelling.
func ParameterNames(route *routes.Route) []string {
	var names []string
	fields := route.Input.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if route.Body != routes.Whole && route.Body != string(field.Name()) &&
			!slices.Contains(route.PathFields, string(field.Name())) {
			names = append(names, field.JSONName())
		}
	}
	if route.Stream {
		names = append(names, MaxMessages, MaxSeconds)
	}
	return names
}

// camelMask spells the paths of a mask as JSON does: "display_name" as "displayName".
func camelMask(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '_' && i+1 < len(text) && text[i+1] >= 'a' && text[i+1] <= 'z' {
			i++
			out = append(out, text[i]-'a'+'A')
			continue
		}
		out = append(out, text[i])
	}
	return string(out)
}

func snakeMask(text string) string {
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c >= 'A' && c <= 'Z' {
			out = append(out, '_', c-'A'+'a')
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}
