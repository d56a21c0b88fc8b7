// SPDX-License-Identifier: Apache-2.0

// Command openapi finishes the OpenAPI document: it merges what protoc-gen-openapiv3 makes per file
// and adds what only the gateway knows: its streams, its errors, its strictness, its examples.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
)

// Errors as the gRPC library makes them, for the examples of answers.
var (
	errUnavailable = grpcstatus.Error(codes.Unavailable, "connection refused")
	errDeadline    = grpcstatus.Error(codes.DeadlineExceeded, "context deadline exceeded")
)

func main() {
	generated := flag.String("generated", "", "folder with storefront.binpb and the generator's documents")
	head := flag.String("head", "", "what the document says beside the RPCs")
	examplesFile := flag.String("examples", "", "named examples by operation id")
	version := flag.String("version", "", "info.version")
	asJSON := flag.String("json", "", "file to write")
	asYAML := flag.String("yaml", "", "file to write")
	flag.Parse()
	document, err := finish(*generated, *head, *examplesFile, *version)
	if err == nil {
		err = write(document, *asJSON, *asYAML)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

type finisher struct {
	source   *source
	examples *examples
	ids      map[string]bool // operation ids that are taken
}

// finish makes the whole document.
func finish(generated, headFile, examplesFile, version string) (*object, error) {
	source, err := readSource(filepath.Join(generated, "storefront.binpb"))
	if err != nil {
		return nil, err
	}
	documents, err := generatedDocuments(generated)
	if err != nil {
		return nil, err
	}
	head, err := readYAML(headFile)
	if err != nil {
		return nil, err
	}
	all, err := readYAML(examplesFile)
	if err != nil {
		return nil, err
	}
	f := &finisher{source: source, examples: &examples{all: all}, ids: map[string]bool{}}
	document, err := merge(head, documents)
	if err != nil {
		return nil, err
	}
	paths, err := f.finishPaths(document.child("paths"))
	if err != nil {
		return nil, err
	}
	document.set("paths", paths)
	if err := f.examples.unused(); err != nil {
		return nil, err
	}
	if err := f.finishSchemas(document.child("components").child("schemas")); err != nil {
		return nil, err
	}
	responses, err := failureResponses()
	if err != nil {
		return nil, err
	}
	document.child("components").set("responses", responses)
	document.child("info").set("version", version)
	return document, f.finishTags(document)
}

// finishTags describes each service under its name, in head.yaml's order.
func (f *finisher) finishTags(document *object) error {
	var tags []any
	var named []string
	for _, each := range document.list("tags") {
		tag, _ := each.(*object)
		named = append(named, tag.text("name"))
		tags = append(tags, tag)
	}
	for _, service := range f.source.services {
		at := slices.Index(named, string(service.Name()))
		if at < 0 {
			return fmt.Errorf("head.yaml: tags must name %s", service.Name())
		}
		tag, _ := tags[at].(*object)
		_, about := split(comment(service))
		tag.set("description", about)
		named[at] = ""
	}
	if left := slices.IndexFunc(named, func(name string) bool { return name != "" }); left >= 0 {
		return fmt.Errorf("head.yaml: there is no service %s", named[left])
	}
	return nil
}

func readYAML(file string) (*object, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	root, err := parseYAML(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return root, nil
}

func write(document *object, asJSON, asYAML string) error {
	compact, err := json.Marshal(document)
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := json.Indent(&whole, compact, "", "  "); err != nil {
		return err
	}
	whole.WriteByte('\n')
	if err := os.WriteFile(asJSON, whole.Bytes(), 0o644); err != nil {
		return err
	}
	var lines bytes.Buffer
	lines.WriteString("# Made by gateway/build from the protos; do not edit. SPDX-License-Identifier: Apache-2.0\n")
	encoder := yaml.NewEncoder(&lines)
	encoder.SetIndent(2)
	if err := encoder.Encode(toYAML(document)); err != nil {
		return err
	}
	return os.WriteFile(asYAML, lines.Bytes(), 0o644)
}
