// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

var (
	integer = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// wrapped is the scalar field inside google.protobuf.Int32Value and its like.
func wrapped(message protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	switch message.FullName() {
	case "google.protobuf.DoubleValue", "google.protobuf.FloatValue", "google.protobuf.Int64Value",
		"google.protobuf.UInt64Value", "google.protobuf.Int32Value", "google.protobuf.UInt32Value",
		"google.protobuf.BoolValue", "google.protobuf.StringValue", "google.protobuf.BytesValue":
		return message.Fields().ByName("value")
	}
	return nil
}

// asText is what a message whose JSON is a string looks like; empty for other messages.
func asText(message protoreflect.MessageDescriptor) string {
	switch message.FullName() {
	case "google.protobuf.Timestamp":
		return "must be a time such as 2026-01-31T12:00:00Z"
	case "google.protobuf.Duration":
		return "must be a duration in seconds such as 3.5s"
	case "google.protobuf.FieldMask":
		return "must be field names such as displayName,labels"
	}
	return ""
}

// isAnyJSON tells whether a field of this message takes JSON of every form.
func isAnyJSON(message protoreflect.MessageDescriptor) bool {
	switch message.FullName() {
	case "google.protobuf.Value", "google.protobuf.Struct", "google.protobuf.ListValue", "google.protobuf.Any":
		return true
	}
	return false
}

// parsesAs asks protojson whether a raw JSON value is one of a well-known message.
func parsesAs(message protoreflect.MessageDescriptor, raw []byte) bool {
	return protojson.Unmarshal(raw, dynamicpb.NewMessage(message)) == nil
}

// scalarFault tells what is wrong with a scalar in JSON; empty if nothing is.
func scalarFault(field protoreflect.FieldDescriptor, raw []byte) string {
	kind := raw[0]
	quoted := kind == '"'
	text := string(raw)
	if quoted {
		text = unquote(raw[1 : len(raw)-1])
	}
	isNumber := kind == '-' || kind >= '0' && kind <= '9'
	switch field.Kind() {
	case protoreflect.BoolKind:
		if text != "true" && text != "false" || quoted {
			return "must be true or false"
		}
	case protoreflect.StringKind:
		if !quoted {
			return "must be a string in double quotes"
		}
	case protoreflect.BytesKind:
		if !quoted || !isBase64(text) {
			return "must be a base64 string"
		}
	case protoreflect.EnumKind:
		return enumFault(field.Enum(), text, quoted || isNumber)
	default:
		if !quoted && !isNumber {
			return numberForm(field)
		}
		return numberFault(field, text)
	}
	return ""
}

// textFault tells what is wrong with a scalar in a query or a path; empty if nothing is.
func textFault(field protoreflect.FieldDescriptor, text string) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		if text != "true" && text != "false" {
			return "must be true or false"
		}
	case protoreflect.StringKind:
	case protoreflect.BytesKind:
		// The generated code takes both alphabets, with padding.
		_, std := base64.StdEncoding.DecodeString(text)
		_, url := base64.URLEncoding.DecodeString(text)
		if std != nil && url != nil {
			return "must be base64 with padding"
		}
	case protoreflect.EnumKind:
		return enumFault(field.Enum(), text, true)
	default:
		if isWhole(field) && !integer.MatchString(text) {
			return numberForm(field)
		}
		return numberFault(field, text)
	}
	return ""
}

func enumFault(enum protoreflect.EnumDescriptor, text string, form bool) string {
	values := enum.Values()
	if form {
		if values.ByName(protoreflect.Name(text)) != nil {
			return ""
		}
		if number, err := strconv.ParseInt(text, 10, 32); err == nil && values.ByNumber(protoreflect.EnumNumber(number)) != nil {
			return ""
		}
	}
	names := make([]string, 0, values.Len())
	for i := range values.Len() {
		names = append(names, string(values.Get(i).Name()))
	}
	return "must be one of " + strings.Join(names, ", ")
}

func isWhole(field protoreflect.FieldDescriptor) bool {
	return field.Kind() != protoreflect.DoubleKind && field.Kind() != protoreflect.FloatKind
}

func numberForm(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return "must be a whole number from 0 to 4294967295"
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return "must be a whole number from 0 to 18446744073709551615"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "must be a whole number from -2147483648 to 2147483647"
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return "must be a whole number from -9223372036854775808 to 9223372036854775807"
	}
	return "must be a number"
}

func numberFault(field protoreflect.FieldDescriptor, text string) string {
	var err error
	switch field.Kind() {
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		if text == "NaN" || text == "Infinity" || text == "-Infinity" {
			return "" // JSON of a double; whether it makes sense is the service's to say
		}
		bits := 64
		if field.Kind() == protoreflect.FloatKind {
			bits = 32
		}
		if !decimal.MatchString(text) {
			return numberForm(field)
		}
		_, err = strconv.ParseFloat(text, bits)
	default:
		bits, signed := 64, true
		switch field.Kind() {
		case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
			bits, signed = 32, false
		case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
			signed = false
		case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
			bits = 32
		}
		text, ok := wholeDigits(text)
		if !ok {
			return numberForm(field)
		}
		if signed {
			_, err = strconv.ParseInt(text, 10, bits)
		} else {
			_, err = strconv.ParseUint(strings.Replace(text, "-0", "0", 1), 10, bits)
		}
	}
	if err != nil {
		return numberForm(field)
	}
	return ""
}

// wholeDigits turns 1.0 and 1e3, which JSON has as whole numbers, into digits. Larger ones than a
// double holds exactly must be written out.
func wholeDigits(text string) (string, bool) {
	if integer.MatchString(text) {
		return text, true
	}
	if !decimal.MatchString(text) {
		return "", false
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > 1<<53 {
		return "", false
	}
	return strconv.FormatFloat(number, 'f', 0, 64), true
}

// isBase64 accepts what protojson does: both alphabets, with padding or without.
func isBase64(text string) bool {
	encoding := base64.StdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.URLEncoding
	}
	if len(text)%4 != 0 {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	_, err := encoding.DecodeString(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}
