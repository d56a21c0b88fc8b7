// SPDX-License-Identifier: Apache-2.0

// Package config reads the gateway's settings: default, then variable, then flag. Unknown names and
// bad values are reported all at once.
package config

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"storefront-cdc/gateway/internal/nearest"
)

const (
	service = "gateway"
	prefix  = "STOREFRONT_GATEWAY_"
)

// Services in the order of the design; each has a setting <name>_address.
var Services = []string{"seeder", "migrator", "connector-manager", "topic-admin"}

// Settings of the process, checked.
type Settings struct {
	Listen, MetricsListen string
	Addresses             map[string]string // by service
	ReadyServices         []string
	AuthMode              string
	AllowInsecureBind     bool
	AllowedHosts          []string
	BodyBytesMax          int64
	HeaderBytesMax        int64
	JSONDepthMax          int
	DefaultDeadline       time.Duration
	DeadlineMax           time.Duration
	HeaderReadTimeout     time.Duration
	ReadTimeout           time.Duration
	IdleTimeout           time.Duration
	StreamWriteTimeout    time.Duration
	UnaryInFlightMax      int
	StreamsMax            int
	DrainWait             time.Duration
	ShutdownTimeout       time.Duration
	Docs                  bool
	LogLevel              string

	effective []Value
}

// Value is a setting as it is in force.
type Value struct{ Name, Text string }

// Effective lists every setting in the order of the rows; there are no secrets among them.
func (s *Settings) Effective() []Value { return s.effective }

// Errors are all problems of a start, each with the flag or variable that it came from.
type Errors []string

func (e Errors) Error() string {
	noun := "settings are"
	if len(e) == 1 {
		noun = "setting is"
	}
	return fmt.Sprintf("gateway cannot start: %d %s wrong. See --help.\n  %s", len(e), noun, strings.Join(e, "\n  "))
}

// Parse reads flags (without the program's name) and an environment of NAME=value entries.
func Parse(arguments, environment []string) (*Settings, error) {
	all := rows()
	var problems Errors
	texts, sources := map[string]string{}, map[string]string{}
	for _, row := range all {
		texts[row.name], sources[row.name] = row.value, "--"+row.name
	}
	fromVariables(all, environment, texts, sources, &problems)
	fromFlags(all, arguments, texts, sources, &problems)
	for _, row := range all {
		if problem := row.problem(texts[row.name]); problem != "" {
			problems = append(problems, sources[row.name]+" "+problem)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	settings := fill(texts)
	for _, row := range all {
		settings.effective = append(settings.effective, Value{row.name, texts[row.name]})
	}
	if problems := insecureListeners(settings); len(problems) > 0 {
		return nil, problems
	}
	return settings, nil
}

func fromVariables(all []row, environment []string, texts, sources map[string]string, problems *Errors) {
	for _, entry := range environment {
		variable, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(variable, prefix) {
			continue
		}
		name := strings.ToLower(strings.TrimPrefix(variable, prefix))
		if _, known := texts[name]; !known || variable != variableName(name) {
			*problems = append(*problems, variable+" is not a setting of "+service+nearest.DidYouMean(variable, spelled(all, variableName)))
			continue
		}
		texts[name], sources[name] = text, variable
	}
}

func fromFlags(all []row, arguments []string, texts, sources map[string]string, problems *Errors) {
	for i := 0; i < len(arguments); i++ {
		flag, text, hasText := strings.Cut(arguments[i], "=")
		name := strings.TrimPrefix(flag, "--")
		if _, known := texts[name]; !known || !strings.HasPrefix(flag, "--") {
			*problems = append(*problems, flag+" is not a flag of "+service+
				nearest.DidYouMean(flag, spelled(all, func(name string) string { return "--" + name })))
			continue
		}
		if !hasText {
			if i+1 == len(arguments) {
				*problems = append(*problems, flag+" needs a value")
				continue
			}
			i++
			text = arguments[i]
		}
		texts[name], sources[name] = text, flag
	}
}

func fill(texts map[string]string) *Settings {
	number := func(name string) int { n, _ := strconv.Atoi(texts[name]); return n }
	span := func(name string) time.Duration { d, _ := time.ParseDuration(texts[name]); return d }
	size := func(name string) int64 { n, _ := parseBytes(texts[name]); return n }
	s := &Settings{
		Listen: texts["listen"], MetricsListen: texts["metrics_listen"], Addresses: map[string]string{},
		ReadyServices: splitList(texts["ready_services"]), AuthMode: texts["auth_mode"],
		AllowInsecureBind: texts["allow_insecure_bind"] == "true", AllowedHosts: splitList(texts["allowed_hosts"]),
		BodyBytesMax: size("body_bytes_max"), HeaderBytesMax: size("header_bytes_max"), JSONDepthMax: number("json_depth_max"),
		DefaultDeadline: span("default_deadline"), DeadlineMax: span("deadline_max"),
		HeaderReadTimeout: span("header_read_timeout"), ReadTimeout: span("read_timeout"), IdleTimeout: span("idle_timeout"),
		StreamWriteTimeout: span("stream_write_timeout"), UnaryInFlightMax: number("unary_in_flight_max"),
		StreamsMax: number("streams_max"), DrainWait: span("drain_wait"), ShutdownTimeout: span("shutdown_timeout"),
		Docs: texts["docs"] == "true", LogLevel: texts["log_level"],
	}
	for _, name := range Services {
		s.Addresses[name] = texts[strings.ReplaceAll(name, "-", "_")+"_address"]
	}
	return s
}

// insecureListeners names what others could reach without a token.
func insecureListeners(s *Settings) Errors {
	if s.AuthMode != "none" || s.AllowInsecureBind {
		return nil
	}
	var problems Errors
	for _, listener := range []Value{{"listen", s.Listen}, {"metrics_listen", s.MetricsListen}} {
		host, _, _ := net.SplitHostPort(listener.Text)
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			problems = append(problems, fmt.Sprintf("--%s '%s' can be reached by others while auth_mode is none: "+
				"bind a loopback address, or set allow_insecure_bind if a proxy in front asks for tokens", listener.Name, listener.Text))
		}
	}
	return problems
}

func variableName(name string) string { return prefix + strings.ToUpper(name) }

func spelled(all []row, spell func(string) string) []string {
	names := make([]string, 0, len(all))
	for _, row := range all {
		names = append(names, spell(row.name))
	}
	return names
}

func splitList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return items
}
