// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"storefront-cdc/gateway/internal/routes"
)

// source is what the finisher reads of the protos: descriptors with comments, and routes by
// the operation id that the generator gives.
type source struct {
	files     *protoregistry.Files
	routes    map[string]*routes.Route
	services  []protoreflect.ServiceDescriptor
	singulars map[string]string // "seedRuns": "seedRun"
}

func readSource(descriptorSet string) (*source, error) {
	content, err := os.ReadFile(descriptorSet)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(content, &set); err != nil {
		return nil, fmt.Errorf("%s: %w", descriptorSet, err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", descriptorSet, err)
	}
	s := &source{files: files, routes: map[string]*routes.Route{}, singulars: map[string]string{}}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		err = s.addFile(file)
		return err == nil
	})
	slices.SortFunc(s.services, func(a, b protoreflect.ServiceDescriptor) int {
		return strings.Compare(string(a.FullName()), string(b.FullName()))
	})
	return s, err
}

func (s *source) addFile(file protoreflect.FileDescriptor) error {
	services, messages := file.Services(), file.Messages()
	for i := range services.Len() {
		s.services = append(s.services, services.Get(i))
	}
	for i := range messages.Len() {
		resource, _ := proto.GetExtension(messages.Get(i).Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
		if resource.GetPlural() != "" {
			s.singulars[resource.GetPlural()] = resource.GetSingular()
		}
	}
	if services.Len() == 0 {
		return nil
	}
	of, err := routes.FromFile("", file)
	if err != nil {
		return err
	}
	for _, route := range of {
		id := generatedID(route)
		if s.routes[id] != nil {
			return fmt.Errorf("%s has a second binding, which the document cannot name", id)
		}
		s.routes[id] = route
	}
	return nil
}

// generatedID is the operation id that the generator gives: "SeederService_StartFullLoad".
func generatedID(route *routes.Route) string {
	service, method, _ := strings.Cut(strings.TrimPrefix(route.RPC, "/"), "/")
	return service[strings.LastIndexByte(service, '.')+1:] + "_" + method
}

func (s *source) method(route *routes.Route) (protoreflect.MethodDescriptor, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(route.RPC, "/"), "/", ".")
	found, err := s.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	method, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no method", name)
	}
	return method, nil
}

// comment is what the proto says about a thing, as Markdown without trailing blanks.
func comment(of protoreflect.Descriptor) string {
	lines := strings.Split(of.ParentFile().SourceLocations().ByDescriptor(of).LeadingComments, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.TrimPrefix(line, " "), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// generatedDocuments are what the generator made per file, in the order of their names.
func generatedDocuments(folder string) ([]*object, error) {
	var documents []*object
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".openapi.json") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		document, err := parseJSON(content)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		documents = append(documents, document)
		return nil
	})
	if err == nil && len(documents) == 0 {
		err = fmt.Errorf("%s holds no *.openapi.json", folder)
	}
	return documents, err
}
