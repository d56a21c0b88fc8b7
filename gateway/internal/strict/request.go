// SPDX-License-Identifier: Apache-2.0

// Package strict refuses what the generated code would ignore or misread: unknown, repeated and
// unfit parameters and fields, bodies that are not one JSON value of the message. Each answer names
// the field.
package strict

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/routes"
	"storefront-cdc/gateway/internal/status"
)

// Limits of a request.
type Limits struct {
	BodyBytes int64
	JSONDepth int
}

var grpcTimeout = regexp.MustCompile(`^[0-9]{1,8}[HMSmun]$`)

// Check reads the request whole and judges it. A good one comes back with body and query in the form
// that the generated code reads, and with the window of a stream.
func Check(w http.ResponseWriter, r *http.Request, route *routes.Route, pathParams map[string]string, limits Limits) (*http.Request, Window, *status.Failure) {
	if timeout := r.Header.Get("Grpc-Timeout"); timeout != "" && !grpcTimeout.MatchString(timeout) {
		return nil, Window{}, status.Invalid(status.Field{Path: "Grpc-Timeout", Reason: errorsv1.Reason_INVALID_VALUE,
			Description: "must be at most eight digits and a unit of H, M, S, m, u or n, such as 30S"})
	}
	q := readQuery(route, r.URL.RawQuery)
	resumeAfterLastEvent(&q, r, route)
	if len(q.faults) > 0 {
		return nil, Window{}, status.Invalid(q.faults...)
	}
	body, failure := readBody(w, r, route, limits.BodyBytes)
	if failure != nil {
		return nil, Window{}, failure
	}
	if failure := checkBody(body, route, pathParams, limits.JSONDepth); failure != nil {
		return nil, Window{}, failure
	}
	good := r.Clone(r.Context())
	good.URL.RawQuery = q.values.Encode()
	good.Body, good.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	good.Form, good.PostForm = nil, nil
	return good, q.window, nil
}

// resumeAfterLastEvent lets an EventSource go on where it was cut.
func resumeAfterLastEvent(q *query, r *http.Request, route *routes.Route) {
	const header, name = "Last-Event-ID", "after_sequence"
	last := r.Header.Get(header)
	field := route.Input.Fields().ByName(name)
	if last == "" || !route.Stream || field == nil || q.values.Has(name) {
		return
	}
	if fault := textFault(field, last); fault != "" {
		q.note(header, errorsv1.Reason_INVALID_VALUE, fault)
		return
	}
	q.values.Set(name, last)
}

func readBody(w http.ResponseWriter, r *http.Request, route *routes.Route, bytesMax int64) ([]byte, *status.Failure) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, unsupported("The gateway reads bodies without Content-Encoding only. Send plain JSON.")
	}
	tooLarge := status.New(status.Spec{
		Code: codes.InvalidArgument, HTTP: http.StatusRequestEntityTooLarge, Reason: errorsv1.Reason_BODY_TOO_LARGE,
		Message:  "The body is over " + strconv.FormatInt(bytesMax, 10) + " bytes. Send less, or raise body_bytes_max.",
		Metadata: map[string]string{"setting": "body_bytes_max"},
	})
	if r.ContentLength > bytesMax {
		w.Header().Set("Connection", "close") // the rest stays unread
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bytesMax))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, malformed("The body did not arrive in time.")
	case err != nil:
		return nil, malformed("The body ends before its announced length.")
	case len(body) == 0:
		return nil, nil
	case route.Body == "":
		return nil, status.Invalid(status.Field{Reason: errorsv1.Reason_INVALID_VALUE,
			Description: route.Method + " " + route.Pattern + " takes no body; use query parameters"})
	}
	if media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		media != "application/json" || !slices.Contains([]string{"", "utf-8", "UTF-8"}, parameters["charset"]) {
		return nil, unsupported("The body must be application/json; with curl: --json.")
	}
	return body, nil
}

func checkBody(body []byte, route *routes.Route, pathParams map[string]string, depthMax int) *status.Failure {
	if len(body) == 0 {
		if route.BodyRequired {
			return status.Invalid(status.Field{Reason: errorsv1.Reason_BODY_REQUIRED,
				Description: route.Method + " " + route.Pattern + " needs a JSON body; with curl: --json"})
		}
		return nil
	}
	if !utf8.Valid(body) {
		return status.Invalid(status.Field{Reason: errorsv1.Reason_INVALID_UTF8, Description: "the body is not UTF-8"})
	}
	if fault := checkSyntax(body, depthMax); fault != "" {
		return malformed("The body is not one JSON value: " + fault + ".")
	}
	bound := pathParams
	if route.Body != routes.Whole { // the walk starts inside the field: "seed_run.name" is "name" there
		bound = map[string]string{}
		for name, value := range pathParams {
			if prefix := route.Body + "."; len(name) > len(prefix) && name[:len(prefix)] == prefix {
				bound[name[len(prefix):]] = value
			}
		}
	}
	if faults := Message(body, route.BodyMessage(), bound); len(faults) > 0 {
		return status.Invalid(faults...)
	}
	return nil
}

func malformed(message string) *status.Failure {
	return status.New(status.Spec{Code: codes.InvalidArgument, Reason: errorsv1.Reason_MALFORMED_JSON, Message: message})
}

func unsupported(message string) *status.Failure {
	return status.New(status.Spec{Code: codes.InvalidArgument, HTTP: http.StatusUnsupportedMediaType,
		Reason: errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE, Message: message})
}
