// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// statusSchema is written once, in head.yaml: the generator's differs between a file that imports
// google.rpc.Status and one that does not.
const statusSchema = "google.rpc.Status"

// merge puts the documents of all files into one, under what head.yaml says. Components of one name
// must be equal, or one file would change what another says.
func merge(head *object, documents []*object) (*object, error) {
	paths, schemas := newObject(), newObject()
	if head.child("components") == nil || head.child("components").child("schemas").child(statusSchema) == nil {
		return nil, fmt.Errorf("head.yaml must have components.schemas.%s", statusSchema)
	}
	for _, document := range documents {
		for _, path := range document.child("paths").names {
			if err := mergePath(paths, path, document.child("paths").child(path)); err != nil {
				return nil, err
			}
		}
		components := document.child("components")
		if components == nil || components.child("schemas") == nil {
			continue
		}
		for _, name := range components.child("schemas").names {
			schema := components.child("schemas").values[name]
			if name == statusSchema {
				continue
			}
			if schemas.has(name) && !equal(schemas.values[name], schema) {
				return nil, fmt.Errorf("two files say different things about the schema %s", name)
			}
			schemas.set(name, schema)
		}
	}
	slices.Sort(schemas.names)
	whole := newObject(member{"openapi", "3.1.0"})
	for _, name := range head.names {
		whole.set(name, head.values[name])
	}
	components := head.child("components")
	for _, name := range components.child("schemas").names {
		schemas.set(name, components.child("schemas").values[name])
	}
	components.set("schemas", schemas)
	whole.set("paths", paths)
	whole.remove("components") // to the end
	whole.set("components", components)
	return whole, nil
}

func mergePath(paths *object, path string, item *object) error {
	if !paths.has(path) {
		paths.set(path, newObject())
	}
	for _, method := range item.names {
		if paths.child(path).has(method) {
			return fmt.Errorf("two RPCs want %s %s", strings.ToUpper(method), path)
		}
		paths.child(path).set(method, item.values[method])
	}
	return nil
}
