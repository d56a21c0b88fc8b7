// SPDX-License-Identifier: Apache-2.0

package status

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
)

// backendRetryDelay is what a caller waits for a service that cannot be reached.
const backendRetryDelay = 2 * time.Second

// FromError makes the answer to a failed call of `backend` ("seeder"). A Status with our ErrorInfo
// passes as the service made it. One without was made by the gRPC library, with hosts, ports and
// library text in it: it is replaced, and the text goes to the log.
func FromError(err error, backend, requestID string) *Failure {
	if failure, ok := err.(*Failure); ok {
		return failure
	}
	made, isStatus := status.FromError(err)
	if !isStatus { // a context's own error, or one that is UNKNOWN
		made = status.FromContextError(err)
	}
	proto := made.Proto()
	for _, detail := range proto.GetDetails() {
		var info errdetails.ErrorInfo
		if detail.MessageIs(&info) && detail.UnmarshalTo(&info) == nil && info.GetDomain() == Domain {
			return &Failure{HTTP: HTTPFromCode(made.Code()), Reason: info.GetReason(), Status: proto}
		}
	}
	spec := replacement(made.Code(), backend, requestID)
	spec.Internal = made.Code().String() + ": " + made.Message()
	return New(spec)
}

func replacement(code codes.Code, backend, requestID string) Spec {
	of := map[string]string{"backend": backend}
	switch code {
	case codes.Unavailable:
		return Spec{
			Code: code, Reason: errorsv1.Reason_BACKEND_UNAVAILABLE, Metadata: of, RetryAfter: backendRetryDelay,
			Message: backend + " cannot be reached. Try again; `storefrontctl doctor` names the broken hop.",
		}
	case codes.DeadlineExceeded:
		return Spec{
			Code: code, Reason: errorsv1.Reason_DEADLINE_PASSED, Metadata: of,
			Message: backend + " did not answer before the deadline. Allow more with the header Grpc-Timeout.",
		}
	case codes.Canceled:
		return Spec{
			Code: code, Reason: errorsv1.Reason_CALL_CANCELLED, Metadata: of,
			Message: "The call was cancelled before " + backend + " answered.",
		}
	case codes.Unimplemented:
		return Spec{
			Code: code, Reason: errorsv1.Reason_METHOD_NOT_SERVED, Metadata: of,
			Message: backend + " does not serve this method. Run gateway and services of one version.",
		}
	case codes.ResourceExhausted:
		return Spec{
			Code: code, Reason: errorsv1.Reason_LIMIT_EXCEEDED, Metadata: of,
			Message: "A message to or from " + backend + " is over the size limit. Ask for less, for instance with pageSize.",
		}
	case codes.Unauthenticated:
		return Spec{
			Code: code, Reason: errorsv1.Reason_TOKEN_REQUIRED, Metadata: of,
			Message: backend + " asks for a valid token.",
		}
	case codes.PermissionDenied:
		return Spec{
			Code: code, Reason: errorsv1.Reason_ROLE_TOO_LOW, Metadata: of,
			Message: backend + " does not allow this call.",
		}
	case codes.NotFound:
		return Spec{
			Code: code, Reason: errorsv1.Reason_RESOURCE_NOT_FOUND, Metadata: of,
			Message: backend + " does not have this resource.",
		}
	case codes.InvalidArgument, codes.OutOfRange, codes.FailedPrecondition:
		return Spec{
			Code: code, Reason: errorsv1.Reason_INVALID_FIELD, Metadata: of,
			Message: backend + " refused the request.",
		}
	case codes.OK, codes.Unknown, codes.Internal, codes.DataLoss, codes.Aborted, codes.AlreadyExists:
		// Ours carry an ErrorInfo; what is left is a fault.
	}
	of["request_id"] = requestID
	return Spec{
		Code: codes.Internal, Reason: errorsv1.Reason_INTERNAL_ERROR, Metadata: of,
		Message: "A fault in " + backend + ". Its log has the cause under request id " + requestID + ".",
	}
}

// ShuttingDown is the last chunk of a stream, and the answer to a call, while the gateway stops.
func ShuttingDown() *Failure {
	return New(Spec{
		Code: codes.Unavailable, Reason: errorsv1.Reason_SHUTTING_DOWN, RetryAfter: time.Second,
		Message: "The gateway is stopping. Try again.",
	})
}
