// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
)

// marshaler writes answers as the documents say: camelCase, defaults and empty lists written, unset
// messages left out. A detail of a type that is not linked is left out instead of failing the answer.
type marshaler struct {
	runtime.JSONPb
	dropped func()
}

func newMarshaler(dropped func()) *marshaler {
	return &marshaler{JSONPb: runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true}}, dropped: dropped}
}

func (m *marshaler) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok {
		return m.message(message)
	}
	return m.JSONPb.Marshal(v)
}

func (m *marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := m.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
}

func (m *marshaler) message(message proto.Message) ([]byte, error) {
	text, err := m.MarshalOptions.Marshal(message)
	if err == nil {
		return text, nil
	}
	known := proto.Clone(message)
	m.dropUnknown(known.ProtoReflect())
	return m.MarshalOptions.Marshal(known)
}

// dropUnknown removes every Any that cannot be read, at any depth.
func (m *marshaler) dropUnknown(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(key protoreflect.MapKey, item protoreflect.Value) bool {
				if unreadable(item.Message()) {
					value.Map().Clear(key)
					m.dropped()
				} else {
					m.dropUnknown(item.Message())
				}
				return true
			})
		case field.IsMap() || field.Message() == nil:
		case field.IsList():
			list := message.Mutable(field).List()
			kept := 0
			for i := range list.Len() {
				if unreadable(list.Get(i).Message()) {
					m.dropped()
					continue
				}
				m.dropUnknown(list.Get(i).Message())
				list.Set(kept, list.Get(i))
				kept++
			}
			list.Truncate(kept)
		case unreadable(value.Message()):
			message.Clear(field)
			m.dropped()
		default:
			m.dropUnknown(value.Message())
		}
		return true
	})
}

func unreadable(message protoreflect.Message) bool {
	packed, ok := message.Interface().(*anypb.Any)
	if !ok {
		return false
	}
	_, err := packed.UnmarshalNew()
	return err != nil
}
