// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

type kind int

const (
	kindInt kind = iota
	kindBool
	kindDuration // "250ms"; bounds in seconds
	kindBytes    // "4MiB"; bounds in bytes
	kindList
	kindChoice
	kindAddress  // host:port
	kindServices // a list of names of Services
)

type row struct {
	name, value string
	kind        kind
	min, max    float64 // both 0: no bounds
	unit        string
	choices     []string
	doc         string
}

// problem says what is wrong with a text; empty if nothing is.
func (r row) problem(text string) string {
	shown := "'" + text + "'"
	if text == "" {
		return "is required"
	}
	measure, ok := r.measure(text)
	if !ok {
		return shown + " is not " + r.expected()
	}
	if (r.min != 0 || r.max != 0) && (measure < r.min || measure > r.max) {
		return shown + " must be " + r.bounds()
	}
	return ""
}

// measure is what bounds apply to; false for a text of the wrong form.
func (r row) measure(text string) (float64, bool) {
	switch r.kind {
	case kindInt:
		number, err := strconv.ParseInt(text, 10, 64)
		return float64(number), err == nil
	case kindBool:
		return 0, text == "true" || text == "false"
	case kindDuration:
		span, err := time.ParseDuration(text)
		return span.Seconds(), err == nil && span >= 0
	case kindBytes:
		size, ok := parseBytes(text)
		return float64(size), ok
	case kindList:
		return float64(len(splitList(text))), true
	case kindChoice:
		return 0, slices.Contains(r.choices, text)
	case kindAddress:
		_, port, err := net.SplitHostPort(text)
		number, portErr := strconv.ParseUint(port, 10, 16)
		return float64(number), err == nil && portErr == nil
	case kindServices:
		for _, name := range splitList(text) {
			if !slices.Contains(Services, name) {
				return 0, false
			}
		}
		return 0, true
	}
	return 0, false
}

func (r row) expected() string {
	switch r.kind {
	case kindInt:
		return "a whole number"
	case kindBool:
		return "true or false"
	case kindDuration:
		return "a duration such as 250ms, 10s, 5m or 24h"
	case kindBytes:
		return "a size such as 512, 64KiB, 4MiB or 1GiB"
	case kindList:
		return "a comma-separated list"
	case kindChoice:
		return "one of " + strings.Join(r.choices, ", ")
	case kindAddress:
		return "an address such as 127.0.0.1:8000"
	case kindServices:
		return "a list of " + strings.Join(Services, ", ")
	}
	return ""
}

func (r row) bounds() string {
	show := func(bound float64) string {
		switch r.kind {
		case kindDuration:
			return time.Duration(bound * float64(time.Second)).String()
		case kindBytes:
			return showBytes(int64(bound))
		}
		return strconv.FormatFloat(bound, 'f', -1, 64)
	}
	return strings.TrimSpace(fmt.Sprintf("from %s to %s %s", show(r.min), show(r.max), r.unit))
}

func (r row) title() string {
	text := "default " + r.value
	if r.min != 0 || r.max != 0 {
		text += "; " + r.bounds()
	}
	if len(r.choices) > 0 {
		text += "; " + strings.Join(r.choices, " | ")
	}
	return text
}

// Help is the text of --help.
func Help() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: REST, OpenAPI and pages in front of the gRPC services.\n\n", service)
	fmt.Fprintf(&text, "Settings (flag or variable %s<NAME>; a flag wins):\n", prefix)
	for _, row := range rows() {
		fmt.Fprintf(&text, "  --%s  (%s)\n      %s\n", row.name, row.title(), row.doc)
	}
	text.WriteString("  --help, --version\n")
	return text.String()
}

// Markdown is the gateway's part of docs/config.md.
func Markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "## %s\n\n| flag | variable | default and bounds | what it does |\n|---|---|---|---|\n", service)
	for _, row := range rows() {
		fmt.Fprintf(&text, "| `--%s` | `%s` | %s | %s |\n", row.name, variableName(row.name),
			strings.ReplaceAll(row.title(), "|", `\|`), strings.ReplaceAll(row.doc, "|", `\|`))
	}
	return text.String()
}

var byteUnits = []struct {
	suffix string
	factor int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

func parseBytes(text string) (int64, bool) {
	factor := int64(1)
	for _, unit := range byteUnits {
		if digits, found := strings.CutSuffix(text, unit.suffix); found {
			text, factor = digits, unit.factor
			break
		}
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 || number > math.MaxInt64/factor {
		return 0, false
	}
	return number * factor, true
}

func showBytes(size int64) string {
	for _, unit := range byteUnits {
		if size >= unit.factor && size%unit.factor == 0 && unit.factor > 1 {
			return strconv.FormatInt(size/unit.factor, 10) + unit.suffix
		}
	}
	return strconv.FormatInt(size, 10)
}
