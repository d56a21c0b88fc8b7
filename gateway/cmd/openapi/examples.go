// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/strict"
)

// examples of examples.yaml by operation id. Each is read into its message as strictly as the
// gateway reads a request, so that what the docs page fills in works with one click.
type examples struct {
	all  *object
	used []string
}

// example of one operation; all methods take nil, for an operation without one.
type example struct {
	id         string
	of         *object
	parameters []string // taken
}

func (e *examples) take(operationID string) *example {
	e.used = append(e.used, operationID)
	if of := e.all.child(operationID); of != nil {
		return &example{id: operationID, of: of}
	}
	return nil
}

func (e *examples) unused() error {
	for _, name := range e.all.names {
		if !slices.Contains(e.used, name) {
			return fmt.Errorf("examples.yaml: no RPC has the operation id %s", name)
		}
	}
	return nil
}

func (e *example) parameter(name string) (any, bool) {
	if e == nil || e.of.child("parameters") == nil {
		return nil, false
	}
	e.parameters = append(e.parameters, name)
	value, given := e.of.child("parameters").values[name]
	return value, given
}

func (e *example) unusedParameters() error {
	if e == nil || e.of.child("parameters") == nil {
		return nil
	}
	for _, name := range e.of.child("parameters").names {
		if !slices.Contains(e.parameters, name) {
			return fmt.Errorf("examples.yaml: it has no parameter %s", name)
		}
	}
	return nil
}

func (e *example) hasBody() bool { return e != nil && e.of.child("bodies") != nil }

// bodies are the named examples of the body; the docs page fills in the first.
func (e *example) bodies(route *routes.Route) (*object, error) {
	finished := newObject()
	for _, name := range e.of.child("bodies").names {
		of := e.of.child("bodies").child(name)
		if of == nil || of.text("summary") == "" || of.child("value") == nil {
			return nil, fmt.Errorf("examples.yaml: %s needs summary and value", name)
		}
		value, err := json.Marshal(of.child("value"))
		if err != nil {
			return nil, err
		}
		if faults := strict.Message(value, route.BodyMessage(), nil); len(faults) > 0 {
			lines := make([]string, 0, len(faults))
			for _, fault := range faults {
				lines = append(lines, fault.Path+" "+fault.Description)
			}
			return nil, fmt.Errorf("examples.yaml: %s: %s", name, strings.Join(lines, "; "))
		}
		finished.set(name, of)
	}
	return finished, nil
}
