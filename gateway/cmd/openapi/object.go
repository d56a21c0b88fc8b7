// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// object is a JSON object that keeps the order of its members, so that the document reads as the
// protos do and does not change from run to run. Values: *object, []any, string, json.Number, bool,
// nil.
type object struct {
	names  []string
	values map[string]any
}

// member is a name with its value, for newObject.
type member struct {
	name  string
	value any
}

func newObject(members ...member) *object {
	o := &object{values: map[string]any{}}
	for _, m := range members {
		o.set(m.name, m.value)
	}
	return o
}

func (o *object) set(name string, value any) {
	if _, known := o.values[name]; !known {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

func (o *object) remove(name string) {
	if _, known := o.values[name]; known {
		delete(o.values, name)
		o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
	}
}

func (o *object) has(name string) bool { _, known := o.values[name]; return known }

// child is the object at a name; nil if there is none.
func (o *object) child(name string) *object {
	found, _ := o.values[name].(*object)
	return found
}

func (o *object) list(name string) []any {
	found, _ := o.values[name].([]any)
	return found
}

func (o *object) text(name string) string {
	found, _ := o.values[name].(string)
	return found
}

// orderBy puts members into the order of `first`; others keep theirs, behind.
func (o *object) orderBy(first []string) {
	rank := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(o.names, func(a, b string) int { return rank(a) - rank(b) })
}

// equal ignores the order of members.
func equal(a, b any) bool {
	left, isObject := a.(*object)
	right, isToo := b.(*object)
	if isObject && isToo {
		if len(left.names) != len(right.names) {
			return false
		}
		for _, name := range left.names {
			if !right.has(name) || !equal(left.values[name], right.values[name]) {
				return false
			}
		}
		return true
	}
	leftItems, isList := a.([]any)
	rightItems, isListToo := b.([]any)
	if isList && isListToo {
		return slices.EqualFunc(leftItems, rightItems, equal)
	}
	return reflect.DeepEqual(a, b)
}

func parseJSON(text []byte) (*object, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := decodeValue(decoder)
	if err != nil {
		return nil, err
	}
	root, ok := value.(*object)
	if !ok {
		return nil, fmt.Errorf("is no JSON object")
	}
	return root, nil
}

func decodeValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := newObject()
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeValue(decoder)
			if err != nil {
				return nil, err
			}
			o.set(name.(string), value)
		}
		_, err := decoder.Token()
		return o, err
	case json.Delim('['):
		items := []any{}
		for decoder.More() {
			item, err := decodeValue(decoder)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := decoder.Token()
		return items, err
	}
	return token, nil
}

// parseYAML reads YAML whose nodes have a JSON form.
func parseYAML(text []byte) (*object, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	if len(root.Content) != 1 {
		return nil, fmt.Errorf("is no YAML document")
	}
	value, err := fromYAML(root.Content[0])
	if err != nil {
		return nil, err
	}
	o, ok := value.(*object)
	if !ok {
		return nil, fmt.Errorf("is no YAML mapping")
	}
	return o, nil
}

func fromYAML(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		o := newObject()
		for i := 0; i < len(node.Content); i += 2 {
			name := node.Content[i].Value
			if o.has(name) {
				return nil, fmt.Errorf("line %d: %s is given twice", node.Content[i].Line, name)
			}
			value, err := fromYAML(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			o.set(name, value)
		}
		return o, nil
	case yaml.SequenceNode:
		items := []any{}
		for _, child := range node.Content {
			item, err := fromYAML(child)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	case yaml.ScalarNode:
		switch node.Tag {
		case "!!str":
			return node.Value, nil
		case "!!int", "!!float":
			return json.Number(node.Value), nil
		case "!!bool":
			return node.Value == "true", nil
		case "!!null":
			return nil, nil
		}
	}
	return nil, fmt.Errorf("line %d: %s has no JSON form", node.Line, node.Tag)
}

// MarshalJSON keeps the order.
func (o *object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := encoder.Encode(name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := encoder.Encode(o.values[name]); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// toYAML makes nodes in the order of the object.
func toYAML(value any) *yaml.Node {
	switch v := value.(type) {
	case *object:
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range v.names {
			node.Content = append(node.Content, text(name), toYAML(v.values[name]))
		}
		return node
	case []any:
		node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			node.Content = append(node.Content, toYAML(item))
		}
		return node
	case string:
		return text(v)
	case json.Number:
		tag := "!!int"
		if bytes.ContainsAny([]byte(v), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.String()}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

func text(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}
