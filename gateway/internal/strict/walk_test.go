// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	testingv1 "storefront-cdc/gateway/gen/storefront/testing/v1"
)

const (
	none       = errorsv1.Reason_REASON_UNSPECIFIED
	unknown    = errorsv1.Reason_UNKNOWN_FIELD
	duplicate  = errorsv1.Reason_DUPLICATE_FIELD
	null       = errorsv1.Reason_NULL_VALUE
	invalid    = errorsv1.Reason_INVALID_VALUE
	noSuchName = errorsv1.Reason_UNKNOWN_PARAMETER
)

// bodies of a Widget; `path` is the field that the answer names.
var bodies = []struct {
	name, body, path string
	reason           errorsv1.Reason
}{
	{"nothing", `{}`, "", none},
	{"camelCase", `{"displayName":"a","sizeMm":3}`, "", none},
	{"snake_case", `{"display_name":"a","size_mm":3}`, "", none},
	{"blanks and escapes", " {\n\"displayName\" : \"\\u00e4\\ud83d\\ude00\\n\\\"\" }\t", "", none},
	{"escaped name", `{"display\u004eame":"a"}`, "", none},
	{"G2 unknown field", `{"displayNam":"a"}`, "displayNam", unknown},
	{"unknown field in a list", `{"parts":[{},{"nam":"x"}]}`, "parts[1].nam", unknown},
	{"unknown field in a map", `{"partsByNumber":{"7":{"x":1}}}`, `partsByNumber["7"].x`, unknown},
	{"wrong case", `{"DisplayName":"a"}`, "DisplayName", unknown},
	{"G2 given twice", `{"sizeMm":1,"sizeMm":2}`, "sizeMm", duplicate},
	{"given twice in both spellings", `{"sizeMm":1,"size_mm":2}`, "size_mm", duplicate},
	{"map name twice", `{"labels":{"a":"1","a":"2"}}`, `labels["a"]`, duplicate},
	{"twice in free JSON", `{"free":{"a":{"b":1,"b":2}}}`, "free.a.b", duplicate},
	{"null", `{"displayName":null}`, "displayName", null},
	{"null message", `{"mainPart":null}`, "mainPart", null},
	{"null list", `{"tags":null}`, "tags", null},
	{"null in a list", `{"tags":["a",null]}`, "tags[1]", null},
	{"null in a map", `{"labels":{"a":null}}`, `labels["a"]`, null},
	{"null in free JSON", `{"free":{"a":null},"anyValue":null}`, "", none},
	{"both of a oneof", `{"squareMm":1,"round":{}}`, "round", invalid},
	{"string for a message", `{"mainPart":"x"}`, "mainPart", invalid},
	{"object for a list", `{"tags":{}}`, "tags", invalid},
	{"list for a map", `{"labels":[]}`, "labels", invalid},
	{"list for the request", `[]`, "", invalid},

	{"int32", `{"sizeMm":-7}`, "", none},
	{"int32 as text", `{"sizeMm":"7"}`, "", none},
	{"int32 as a whole decimal", `{"sizeMm":1.0}`, "", none},
	{"int32 with exponent", `{"sizeMm":1e2}`, "", none},
	{"G2 float for int32", `{"sizeMm":1.5}`, "sizeMm", invalid},
	{"int32 too large", `{"sizeMm":2147483648}`, "sizeMm", invalid},
	{"int32 text with a blank", `{"sizeMm":" 7"}`, "sizeMm", invalid},
	{"int32 text with a plus", `{"sizeMm":"+7"}`, "sizeMm", invalid},
	{"int32 empty text", `{"sizeMm":""}`, "sizeMm", invalid},
	{"bool for int32", `{"sizeMm":true}`, "sizeMm", invalid},
	{"int64 as text", `{"serial":"9223372036854775807"}`, "", none},
	{"int64 as number", `{"serial":9007199254740993}`, "", none},
	{"G2 float for int64", `{"serial":1.5}`, "serial", invalid},
	{"int64 too large", `{"serial":"9223372036854775808"}`, "serial", invalid},
	{"int64 with a huge exponent", `{"serial":1e999999999}`, "serial", invalid},
	{"uint32 negative", `{"count":-1}`, "count", invalid},
	{"uint64 largest", `{"bigCount":"18446744073709551615"}`, "", none},
	{"uint64 negative", `{"bigCount":"-1"}`, "bigCount", invalid},
	{"sint64", `{"depth":"-5"}`, "", none},
	{"fixed32", `{"fixed":4294967295}`, "", none},
	{"list of int32", `{"sizes":[1,"2",3.5]}`, "sizes[2]", invalid},
	{"double", `{"weightKg":-1.5e-3}`, "", none},
	{"double as text", `{"weightKg":"1.5"}`, "", none},
	{"NaN as text is a double", `{"weightKg":"NaN"}`, "", none},
	{"infinity as text is a double", `{"weightKg":"-Infinity"}`, "", none},
	{"double too large", `{"weightKg":1e400}`, "weightKg", invalid},
	{"double in hexadecimal", `{"weightKg":"0x1p3"}`, "weightKg", invalid},
	{"double inf", `{"weightKg":"inf"}`, "weightKg", invalid},
	{"float too large", `{"ratio":1e39}`, "ratio", invalid},
	{"bool", `{"ready":false}`, "", none},
	{"bool as text", `{"ready":"true"}`, "ready", invalid},
	{"bool as number", `{"ready":1}`, "ready", invalid},
	{"number for a string", `{"displayName":5}`, "displayName", invalid},
	{"bytes", `{"payload":"aGk="}`, "", none},
	{"bytes without padding", `{"payload":"aGk"}`, "", none},
	{"bytes in the other alphabet", `{"payload":"_-8="}`, "", none},
	{"G2 bad base64", `{"payload":"a*b"}`, "payload", invalid},
	{"enum", `{"material":"MATERIAL_IRON"}`, "", none},
	{"enum by number", `{"material":2}`, "", none},
	{"G2 bad enum", `{"material":"GOLD"}`, "material", invalid},
	{"enum by unknown number", `{"material":9}`, "material", invalid},
	{"enum as bool", `{"material":true}`, "material", invalid},
	{"list of enums", `{"materials":["MATERIAL_WOOD","x"]}`, "materials[1]", invalid},
	{"time", `{"createTime":"2026-01-31T12:00:00.5+01:00"}`, "", none},
	{"time without zone", `{"createTime":"2026-01-31T12:00:00"}`, "createTime", invalid},
	{"time as number", `{"createTime":5}`, "createTime", invalid},
	{"duration", `{"period":"-3.5s"}`, "", none},
	{"duration in minutes", `{"period":"1m"}`, "period", invalid},
	{"wrapper", `{"wrapped":5}`, "", none},
	{"bad wrapper", `{"wrapped":"x"}`, "wrapped", invalid},
	{"free JSON", `{"free":{"a":[1,"x",{"b":true}]},"anyValue":[1]}`, "", none},
	{"free JSON must be an object", `{"free":[]}`, "free", invalid},
	{"map with number names", `{"partsByNumber":{"-3":{"name":"x"}}}`, "", none},
	{"map with a bad name", `{"partsByNumber":{"x":{}}}`, `partsByNumber["x"]`, invalid},
	{"oneof", `{"round":{"number":"4"}}`, "", none},
	{"optional", `{"maybe":0}`, "", none},
}

func TestMessage(t *testing.T) {
	for _, c := range bodies {
		t.Run(c.name, func(t *testing.T) {
			if fault := checkSyntax([]byte(c.body), 100); fault != "" {
				t.Fatalf("the case is no JSON: %s", fault)
			}
			faults := Message([]byte(c.body), (&testingv1.Widget{}).ProtoReflect().Descriptor(), nil)
			if c.reason == none {
				if len(faults) > 0 {
					t.Fatalf("refused: %+v", faults)
				}
				// What passes here must be readable, or the answer would be without a field name.
				if err := protojson.Unmarshal([]byte(c.body), &testingv1.Widget{}); err != nil {
					t.Fatalf("protojson refuses what passed: %v", err)
				}
				return
			}
			if len(faults) != 1 || faults[0].Reason != c.reason || faults[0].Path != c.path {
				t.Fatalf("got %+v, want %s at %q", faults, c.reason, c.path)
			}
		})
	}
}

func TestMessageNamesEachFieldAndTheNearestName(t *testing.T) {
	body := `{"displayNme":"a","sizeMm":1.5,"parts":[{"number":"x"}],"ready":null}`
	faults := Message([]byte(body), (&testingv1.Widget{}).ProtoReflect().Descriptor(), nil)
	if len(faults) != 4 {
		t.Fatalf("got %+v", faults)
	}
	if !strings.Contains(faults[0].Description, "did you mean displayName?") {
		t.Errorf("no nearest name in %q", faults[0].Description)
	}
}

func TestMessageListsAtMostSixteenFaults(t *testing.T) {
	body := `{"sizes":[` + strings.Repeat(`"x",`, 5000) + `1]}`
	if faults := Message([]byte(body), (&testingv1.Widget{}).ProtoReflect().Descriptor(), nil); len(faults) != faultsMax {
		t.Fatalf("got %d", len(faults))
	}
}

func TestMessageHoldsTheBodyToThePath(t *testing.T) {
	widget := (&testingv1.Widget{}).ProtoReflect().Descriptor()
	bound := map[string]string{"name": "widgets/a"}
	for _, c := range []struct {
		name, body string
		faults     int
	}{
		{"left out", `{}`, 0},
		{"the same", `{"name":"widgets/a"}`, 0},
		{"another", `{"name":"widgets/b"}`, 1},
		{"the name of a part is its own", `{"mainPart":{"name":"b"},"parts":[{"name":"c"}]}`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			faults := Message([]byte(c.body), widget, bound)
			if len(faults) != c.faults {
				t.Fatalf("got %+v", faults)
			}
			if c.faults == 1 && (faults[0].Reason != invalid || faults[0].Path != "name") {
				t.Fatalf("got %+v", faults)
			}
		})
	}
}

// FuzzMessage: what the walk lets pass, protojson reads; nothing panics.
func FuzzMessage(f *testing.F) {
	for _, c := range bodies {
		f.Add([]byte(c.body))
	}
	widget := (&testingv1.Widget{}).ProtoReflect().Descriptor()
	f.Fuzz(func(t *testing.T, body []byte) {
		if checkSyntax(body, 100) != "" {
			return
		}
		if len(Message(body, widget, nil)) > 0 {
			return
		}
		if err := protojson.Unmarshal(body, &testingv1.Widget{}); err != nil && strings.ToValidUTF8(string(body), "") == string(body) {
			t.Fatalf("%q passed, and protojson says %v", body, err)
		}
	})
}
