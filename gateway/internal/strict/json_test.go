// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCheckSyntax(t *testing.T) {
	for _, c := range []struct{ name, body, fault string }{
		{"object", `{"a":[1,-0.5e+3,"x",true,false,null,{}],"b":[]}`, ""},
		{"blanks", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", ""},
		{"G2 trailing data", `{} {}`, "line 1, column 4: nothing may follow"},
		{"G2 trailing comma", `{"a":1,}`, "line 1, column 8: a name"},
		{"G2 trailing comma in a list", `[1,]`, "line 1, column 4: a JSON value"},
		{"cut", `{"a":`, "ends too early"},
		{"cut in a string", `{"a`, "does not end"},
		{"single quotes", `{'a':1}`, "a name in double quotes"},
		{"no colon", `{"a" 1}`, "a colon"},
		{"two values in a list", `[1 2]`, "a comma"},
		{"G2 bare NaN", `{"a":NaN}`, "a JSON value"},
		{"bare Infinity", `[Infinity]`, "a JSON value"},
		{"leading zero", `[01]`, "a comma"},
		{"no digit after the point", `[1.]`, "a digit"},
		{"no digit in the exponent", `[1e]`, "a digit"},
		{"plus", `[+1]`, "a JSON value"},
		{"comment", `{} // x`, "nothing may follow"},
		{"control character", "\"a\x01\"", "control characters"},
		{"bad escape", `"\x"`, "no such escape"},
		{"short unicode escape", `"\u12"`, "four hexadecimal digits"},
		{"half a pair", `"\ud800"`, "half of a surrogate pair"},
		{"two first halves", `"\ud800\ud800"`, "half of a surrogate pair"},
		{"second half first", `"\udc00"`, "half of a surrogate pair"},
		{"second line", "{\n  \"ä\" x", "line 2, column 7: a colon"},
		{"byte order mark", "\ufeff{}", "a JSON value"},
		{"nothing", "  ", "ends too early"},
		{"depth at the limit", strings.Repeat("[", 100) + strings.Repeat("]", 100), ""},
		{"G2 nested too deep", strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested more than 100 deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := checkSyntax([]byte(c.body), 100)
			if c.fault == "" && fault != "" || !strings.Contains(fault, c.fault) {
				t.Fatalf("got %q, want %q", fault, c.fault)
			}
		})
	}
}

func TestG2NestingOfTenThousandIsRefusedBeforeItIsWalked(t *testing.T) {
	body := []byte(strings.Repeat(`{"a":`, 2_000_000))
	started := time.Now()
	if fault := checkSyntax(body, 100); !strings.Contains(fault, "nested more than 100 deep") {
		t.Fatalf("got %q", fault)
	}
	if took := time.Since(started); took > 100*time.Millisecond {
		t.Fatalf("took %s", took)
	}
}

// FuzzCheckSyntax: the same language as encoding/json, but for lone surrogates, which no text holds.
func FuzzCheckSyntax(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"\u00e4\n"]}`, `[01]`, `"\ud83d\ude00"`, `{"a":1,}`, `nul`, `-`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return
		}
		fault := checkSyntax(body, len(body)+1)
		if (fault == "") != json.Valid(body) && !strings.Contains(fault, "surrogate") {
			t.Fatalf("%q: %q, encoding/json says %t", body, fault, json.Valid(body))
		}
		if fault != "" || len(body) == 0 {
			return
		}
		c := cursor{data: body}
		if c.kind() == '"' {
			var want string
			if err := json.Unmarshal(body, &want); err != nil {
				t.Fatal(err)
			}
			if got := c.text(); got != want {
				t.Fatalf("%q reads %q, encoding/json %q", body, got, want)
			}
		}
	})
}
