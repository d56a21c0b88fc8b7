// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"
	"time"
)

func TestPrecedenceIsFlagThenVariableThenDefault(t *testing.T) {
	s, err := Parse([]string{"--streams_max=7", "--drain_wait", "250ms"},
		[]string{"STOREFRONT_GATEWAY_STREAMS_MAX=9", "STOREFRONT_GATEWAY_UNARY_IN_FLIGHT_MAX=11", "STOREFRONT_SEEDER_X=1", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if s.StreamsMax != 7 || s.UnaryInFlightMax != 11 || s.DrainWait != 250*time.Millisecond || s.BodyBytesMax != 4<<20 ||
		s.Addresses["connector-manager"] != "127.0.0.1:50053" || s.Listen != "127.0.0.1:8000" || !s.Docs {
		t.Errorf("got %+v", s)
	}
	if len(s.Effective()) != len(rows()) {
		t.Error("not every setting is reported")
	}
}

func TestG12AllProblemsAtOnce(t *testing.T) {
	_, err := Parse([]string{"--stream_max=7", "--listen=8000", "--docs=maybe", "extra", "--drain_wait"},
		[]string{"STOREFRONT_GATEWAY_LISTN=x", "STOREFRONT_GATEWAY_BODY_BYTES_MAX=9GiB", "STOREFRONT_GATEWAY_READY_SERVICES=seeder,x",
			"STOREFRONT_GATEWAY_READ_TIMEOUT=soon", "STOREFRONT_GATEWAY_docs=true", "STOREFRONT_GATEWAY_AUTH_MODE="})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{
		"11 settings are wrong",
		"--stream_max is not a flag of gateway; did you mean --streams_max?",
		"--listen '8000' is not an address such as",
		"--docs 'maybe' is not true or false",
		"extra is not a flag",
		"--drain_wait needs a value",
		"STOREFRONT_GATEWAY_LISTN is not a setting of gateway; did you mean STOREFRONT_GATEWAY_LISTEN?",
		"STOREFRONT_GATEWAY_BODY_BYTES_MAX '9GiB' must be from 1KiB to 4MiB",
		"STOREFRONT_GATEWAY_READY_SERVICES 'seeder,x' is not a list of",
		"STOREFRONT_GATEWAY_READ_TIMEOUT 'soon' is not a duration",
		"STOREFRONT_GATEWAY_docs is not a setting",
		"STOREFRONT_GATEWAY_AUTH_MODE is required",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in:\n%s", part, err)
		}
	}
}

func TestListenersThatOthersCanReach(t *testing.T) {
	for _, c := range []struct {
		arguments []string
		problems  int
	}{
		{[]string{"--listen=127.0.0.1:0"}, 0},
		{[]string{"--listen=[::1]:0"}, 0},
		{[]string{"--listen=localhost:0"}, 0},
		{[]string{"--listen=0.0.0.0:8000"}, 1},
		{[]string{"--listen=:8000", "--metrics_listen=[::]:9460"}, 2},
		{[]string{"--listen=gateway:8000"}, 1},
		{[]string{"--listen=0.0.0.0:8000", "--allow_insecure_bind=true"}, 0},
	} {
		_, err := Parse(c.arguments, nil)
		problems, _ := err.(Errors)
		if len(problems) != c.problems {
			t.Errorf("%v: got %v", c.arguments, err)
		}
		if c.problems > 0 && (!strings.Contains(err.Error(), "--listen") || !strings.Contains(err.Error(), "allow_insecure_bind")) {
			t.Errorf("neither listener nor way out in %v", err)
		}
	}
}

func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range rows() {
		if problem := row.problem(row.value); problem != "" {
			t.Errorf("the default of %s %s", row.name, problem)
		}
		if !strings.HasSuffix(row.doc, ".") || seen[row.name] {
			t.Errorf("%s: no sentence, or a second row", row.name)
		}
		seen[row.name] = true
		if !strings.Contains(Help(), "--"+row.name+" ") || !strings.Contains(Markdown(), "`"+variableName(row.name)+"`") {
			t.Errorf("%s is in no document", row.name)
		}
	}
}
