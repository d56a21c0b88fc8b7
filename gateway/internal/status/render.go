// SPDX-License-Identifier: Apache-2.0

package status

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	spb "google.golang.org/genproto/googleapis/rpc/status"
)

// Renderer writes Failures. Dropped is called for each detail whose type is not linked into the
// gateway: such a detail is left out, since one that cannot be rendered must not make a 500.
type Renderer struct {
	Dropped func()
}

// JSON of the Status, in one line and with the same bytes each time (protojson's own whitespace
// differs from build to build).
func (r *Renderer) JSON(s *spb.Status) []byte {
	shown := &spb.Status{Code: s.GetCode(), Message: s.GetMessage()}
	for _, detail := range s.GetDetails() {
		if _, err := detail.UnmarshalNew(); err != nil {
			r.Dropped()
			continue
		}
		shown.Details = append(shown.Details, detail)
	}
	text, err := marshal(shown)
	if err != nil { // invalid UTF-8 in a message of a service
		shown.Details = nil
		shown.Message = string(bytes.ToValidUTF8([]byte(shown.GetMessage()), []byte("\ufffd")))
		r.Dropped()
		text, _ = marshal(shown)
	}
	return text
}

func marshal(message proto.Message) ([]byte, error) {
	text, err := protojson.Marshal(message)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, err
	}
	return compact.Bytes(), nil
}

// Write answers the request with the Failure.
func (r *Renderer) Write(w http.ResponseWriter, failure *Failure) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	if seconds := failure.retryAfterSeconds(); seconds > 0 {
		header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if failure.HTTP == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="storefront"`)
	}
	if failure.Allow != "" {
		header.Set("Allow", failure.Allow)
	}
	text := r.JSON(failure.Status)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(failure.HTTP)
	_, _ = w.Write(text)
}
