// SPDX-License-Identifier: Apache-2.0

// Package stream carries a server stream of a service to an HTTP client, as NDJSON or as
// server-sent events.
package stream

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
	"storefront-cdc/gateway/internal/strict"
)

// Stream is one call: a connection to the backend, the request, and how the answer is written.
type Stream struct {
	Conn         grpc.ClientConnInterface
	Route        *routes.Route
	Request      proto.Message
	Window       strict.Window
	RequestID    string
	WriteTimeout time.Duration
	Render       *status.Renderer
	Marshal      func(proto.Message) ([]byte, error)
	// Stopping is closed when the gateway stops: the stream then ends with SHUTTING_DOWN.
	Stopping <-chan struct{}
}

// received is what the backend sent next.
type received struct {
	message proto.Message
	err     error // io.EOF at the normal end
}

// WantsEvents tells whether the client asked for server-sent events.
func WantsEvents(r *http.Request) bool {
	for _, header := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(header, ",") {
			media, parameters, err := mime.ParseMediaType(item)
			if err == nil && media == "text/event-stream" && parameters["q"] != "0" {
				return true
			}
		}
	}
	return false
}

// Serve runs the stream until the backend, the window, the client or the gateway ends it. `ctx`
// carries metadata for the backend. It returns the failure that ended the stream, or nil; one that
// came before the first message is left to the caller, who then gets begun=false.
func (s *Stream) Serve(ctx context.Context, w http.ResponseWriter, r *http.Request) (begun bool, failure *status.Failure) {
	ctx, cancel := context.WithCancel(ctx) // the service sees it when the client leaves
	defer cancel()
	messages := s.start(ctx)
	var windowEnd <-chan time.Time
	if s.Window.Time > 0 {
		timer := time.NewTimer(s.Window.Time)
		defer timer.Stop()
		windowEnd = timer.C
	}
	out := s.writer(w, WantsEvents(r))
	for sent := 0; ; {
		select {
		case next := <-messages:
			if errors.Is(next.err, io.EOF) {
				return true, out.end()
			}
			if next.err != nil {
				failure := status.FromError(next.err, s.Route.Backend, s.RequestID)
				return out.fail(failure), failure
			}
			if err := out.message(next.message); err != nil {
				return true, err
			}
			if sent++; sent == s.Window.Messages {
				return true, out.end()
			}
		case <-windowEnd:
			return true, out.end()
		case <-s.Stopping:
			failure := status.ShuttingDown()
			return out.fail(failure), failure
		case <-ctx.Done(): // the client left, or its Grpc-Timeout passed
			failure := status.FromError(ctx.Err(), s.Route.Backend, s.RequestID)
			return out.fail(failure), failure
		}
	}
}

// start calls the backend. The channel gets one message at a time, so a slow client holds the
// service back by flow control, not by memory here.
func (s *Stream) start(ctx context.Context) <-chan received {
	messages := make(chan received)
	send := func(next received) bool {
		select {
		case messages <- next:
			return next.err == nil
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		call, err := s.Conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, s.Route.RPC)
		if err == nil {
			err = call.SendMsg(s.Request)
		}
		if err == nil {
			err = call.CloseSend()
		}
		if err != nil && !errors.Is(err, io.EOF) { // EOF: RecvMsg has the cause
			send(received{err: err})
			return
		}
		for {
			message := s.Route.NewOutput()
			err := call.RecvMsg(message)
			if !send(received{message: message, err: err}) {
				return
			}
		}
	}()
	return messages
}
