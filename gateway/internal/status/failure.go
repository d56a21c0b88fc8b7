// SPDX-License-Identifier: Apache-2.0

// Package status makes every answer of 400 or more one google.rpc.Status, whoever found the fault:
// the router, the strict checks, a stream or a service.
package status

import (
	"math"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	spb "google.golang.org/genproto/googleapis/rpc/status"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
)

// Domain of every ErrorInfo of ours.
const Domain = "storefront-cdc"

// Field is one fault of a request, by the path of the field in JSON spelling.
type Field struct {
	Path        string
	Reason      errorsv1.Reason
	Description string
}

// Failure is an answer: what goes to the caller, and a cause that goes to the log only.
type Failure struct {
	HTTP     int
	Reason   string
	Status   *spb.Status
	Allow    string // for 405
	Internal string
}

// Spec says what a Failure of the gateway itself holds. The code decides the HTTP status unless
// HTTP is set: 405, 413, 415 and 421 have no code of their own.
type Spec struct {
	Code       codes.Code
	HTTP       int
	Reason     errorsv1.Reason
	Message    string
	Metadata   map[string]string
	Fields     []Field
	RetryAfter time.Duration
	Internal   string
}

// New makes the Failure that a Spec describes.
func New(spec Spec) *Failure {
	failure := &Failure{
		HTTP:     spec.HTTP,
		Reason:   spec.Reason.String(),
		Status:   &spb.Status{Code: int32(spec.Code), Message: spec.Message},
		Internal: spec.Internal,
	}
	if failure.HTTP == 0 {
		failure.HTTP = HTTPFromCode(spec.Code)
	}
	failure.add(&errdetails.ErrorInfo{Reason: failure.Reason, Domain: Domain, Metadata: spec.Metadata})
	if len(spec.Fields) > 0 {
		violations := make([]*errdetails.BadRequest_FieldViolation, 0, len(spec.Fields))
		for _, field := range spec.Fields {
			violations = append(violations, &errdetails.BadRequest_FieldViolation{
				Field: field.Path, Description: field.Description, Reason: field.Reason.String(),
			})
		}
		failure.add(&errdetails.BadRequest{FieldViolations: violations})
	}
	if spec.RetryAfter > 0 {
		failure.add(&errdetails.RetryInfo{RetryDelay: durationpb.New(spec.RetryAfter)})
	}
	return failure
}

// Invalid is the 400 of a request whose fields are wrong; the first one gives reason and message.
func Invalid(fields ...Field) *Failure {
	message := fields[0].Description
	if fields[0].Path != "" {
		message = fields[0].Path + ": " + message
	}
	return New(Spec{Code: codes.InvalidArgument, Reason: fields[0].Reason, Message: message, Fields: fields})
}

// Error makes a Failure an error, for functions that answer one among others.
func (f *Failure) Error() string { return f.Reason + ": " + f.Status.GetMessage() }

// GRPCStatus lets gRPC's own functions read code and message.
func (f *Failure) GRPCStatus() *grpcstatus.Status { return grpcstatus.FromProto(f.Status) }

func (f *Failure) add(detail proto.Message) {
	packed, err := anypb.New(detail)
	if err != nil { // only for a message with invalid UTF-8; the answer still has code and message
		f.Internal += " detail dropped: " + err.Error()
		return
	}
	f.Status.Details = append(f.Status.Details, packed)
}

// retryAfterSeconds is the whole number of seconds of RetryInfo, rounded up, at least 1; 0 without.
func (f *Failure) retryAfterSeconds() int64 {
	for _, detail := range f.Status.GetDetails() {
		var info errdetails.RetryInfo
		if !detail.MessageIs(&info) || detail.UnmarshalTo(&info) != nil {
			continue
		}
		return max(1, int64(math.Ceil(info.GetRetryDelay().AsDuration().Seconds())))
	}
	return 0
}

// HTTPFromCode is the one table from gRPC to HTTP.
func HTTPFromCode(code codes.Code) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound:
		return http.StatusNotFound
	case codes.Aborted, codes.AlreadyExists:
		return http.StatusConflict
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Canceled:
		return 499 // the client closed the request
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError // a number that gRPC does not define
}
