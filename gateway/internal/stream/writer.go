// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/status"
)

// writer frames messages. The header goes out with the first message, or with a normal end before
// one, so that a failure before it is an ordinary answer.
type writer struct {
	*Stream
	w       http.ResponseWriter
	control *http.ResponseController
	events  bool
	begun   bool
	broken  bool // a write failed: the client is gone or does not read
}

func (s *Stream) writer(w http.ResponseWriter, events bool) *writer {
	return &writer{Stream: s, w: w, control: http.NewResponseController(w), events: events}
}

func (o *writer) begin() {
	if o.begun {
		return
	}
	o.begun = true
	header := o.w.Header()
	if o.events {
		header.Set("Content-Type", "text/event-stream")
	} else {
		header.Set("Content-Type", "application/x-ndjson")
	}
	header.Set("X-Accel-Buffering", "no") // a proxy in front must not collect lines
	o.w.WriteHeader(http.StatusOK)
}

func (o *writer) message(message proto.Message) *status.Failure {
	text, err := o.Marshal(message)
	if err != nil {
		failure := status.FromError(err, o.Route.Backend, o.RequestID)
		o.begin()
		o.fail(failure)
		return failure
	}
	o.begin()
	var frame []byte
	if o.events {
		if id, ok := Sequence(message.ProtoReflect()); ok {
			frame = append(strconv.AppendInt([]byte("id: "), id, 10), '\n')
		}
		frame = append(append(append(frame, "data: "...), text...), "\n\n"...)
	} else {
		frame = append(append([]byte(`{"result":`), text...), "}\n"...)
	}
	return o.write(frame)
}

// end says that the stream is complete.
func (o *writer) end() *status.Failure {
	o.begin()
	if o.events {
		return o.write([]byte("event: end\ndata: {}\n\n"))
	}
	return o.write(nil)
}

// fail makes the failure the last chunk. It tells whether the answer had begun; if not, nothing was
// written.
func (o *writer) fail(failure *status.Failure) bool {
	if !o.begun || o.broken {
		return o.begun
	}
	text := o.Render.JSON(failure.Status)
	if o.events {
		o.write(append(append([]byte("event: status\ndata: "), text...), "\n\n"...))
	} else {
		o.write(append(append([]byte(`{"error":`), text...), "}\n"...))
	}
	return true
}

func (o *writer) write(frame []byte) *status.Failure {
	// Each message has this long to get to the client; the stream as a whole has no limit.
	_ = o.control.SetWriteDeadline(time.Now().Add(o.WriteTimeout))
	_, err := o.w.Write(frame)
	if err == nil {
		err = o.control.Flush()
	}
	if err == nil {
		return nil
	}
	o.broken = true
	return status.New(status.Spec{Code: codes.Canceled, Reason: errorsv1.Reason_CALL_CANCELLED,
		Message: "The client stopped reading.", Internal: err.Error()})
}

// Sequence is the number by which a client can go on after this message: the field `sequence` of the
// message, or of a message that it holds.
func Sequence(message protoreflect.Message) (int64, bool) {
	const levels = 3
	return sequence(message, levels)
}

func sequence(message protoreflect.Message, levels int) (int64, bool) {
	fields := message.Descriptor().Fields()
	if field := fields.ByName("sequence"); field != nil && field.Kind() == protoreflect.Int64Kind && !field.IsList() {
		return message.Get(field).Int(), true
	}
	if levels == 1 {
		return 0, false
	}
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.Message() == nil || field.IsList() || field.IsMap() || !message.Has(field) {
			continue
		}
		if id, ok := sequence(message.Get(field).Message(), levels-1); ok {
			return id, true
		}
	}
	return 0, false
}
