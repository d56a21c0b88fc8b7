// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
)

const secret = "10.0.0.7:50051"

// Statuses as the gRPC library makes them: host, port and library text must not pass.
func TestFromErrorReplacesWhatTheLibraryMade(t *testing.T) {
	for _, c := range []struct {
		code   codes.Code
		http   int
		reason errorsv1.Reason
		retry  string
	}{
		{codes.Unavailable, 503, errorsv1.Reason_BACKEND_UNAVAILABLE, "2"},
		{codes.DeadlineExceeded, 504, errorsv1.Reason_DEADLINE_PASSED, ""},
		{codes.Unimplemented, 501, errorsv1.Reason_METHOD_NOT_SERVED, ""},
		{codes.Canceled, 499, errorsv1.Reason_CALL_CANCELLED, ""},
		{codes.ResourceExhausted, 429, errorsv1.Reason_LIMIT_EXCEEDED, ""},
		{codes.Internal, 500, errorsv1.Reason_INTERNAL_ERROR, ""},
		{codes.Unknown, 500, errorsv1.Reason_INTERNAL_ERROR, ""},
		{codes.DataLoss, 500, errorsv1.Reason_INTERNAL_ERROR, ""},
		{codes.Aborted, 500, errorsv1.Reason_INTERNAL_ERROR, ""},
		{codes.AlreadyExists, 500, errorsv1.Reason_INTERNAL_ERROR, ""},
		{codes.InvalidArgument, 400, errorsv1.Reason_INVALID_FIELD, ""},
		{codes.OutOfRange, 400, errorsv1.Reason_INVALID_FIELD, ""},
		{codes.FailedPrecondition, 400, errorsv1.Reason_INVALID_FIELD, ""},
		{codes.NotFound, 404, errorsv1.Reason_RESOURCE_NOT_FOUND, ""},
		{codes.Unauthenticated, 401, errorsv1.Reason_TOKEN_REQUIRED, ""},
		{codes.PermissionDenied, 403, errorsv1.Reason_ROLE_TOO_LOW, ""},
		{codes.Code(77), 500, errorsv1.Reason_INTERNAL_ERROR, ""},
	} {
		t.Run(c.code.String(), func(t *testing.T) {
			answer := httptest.NewRecorder()
			failure := FromError(status.Error(c.code, "dial tcp "+secret), "seeder", "req-1")
			(&Renderer{Dropped: func() {}}).Write(answer, failure)
			body := answer.Body.String()
			if answer.Code != c.http || failure.Reason != c.reason.String() || !strings.Contains(body, c.reason.String()) {
				t.Errorf("got %d %s", answer.Code, body)
			}
			if strings.Contains(body, secret) || !strings.Contains(failure.Internal, secret) {
				t.Errorf("the library's text is for the log only: %s / %s", body, failure.Internal)
			}
			if got := answer.Header().Get("Retry-After"); got != c.retry {
				t.Errorf("Retry-After %q", got)
			}
			if c.http == 401 && answer.Header().Get("WWW-Authenticate") != `Bearer realm="storefront"` {
				t.Error("no WWW-Authenticate")
			}
			if c.http == 500 && !strings.Contains(body, "req-1") {
				t.Errorf("no request id in %s", body)
			}
		})
	}
}

func TestFromErrorKeepsWhatAServiceMade(t *testing.T) {
	made, err := status.New(codes.ResourceExhausted, "Too many.").WithDetails(
		&errdetails.ErrorInfo{Reason: "OVERLOADED", Domain: Domain}, &errdetails.RetryInfo{RetryDelay: durationpb.New(1200 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	(&Renderer{Dropped: func() {}}).Write(answer, FromError(made.Err(), "seeder", ""))
	if answer.Code != 429 || answer.Header().Get("Retry-After") != "2" || !strings.Contains(answer.Body.String(), `"message":"Too many."`) {
		t.Errorf("got %d %v %s", answer.Code, answer.Header(), answer.Body)
	}
}

func TestFromErrorKnowsContextErrors(t *testing.T) {
	if got := FromError(context.DeadlineExceeded, "seeder", ""); got.HTTP != 504 {
		t.Errorf("got %v", got)
	}
	if got := FromError(ShuttingDown(), "seeder", ""); got.Reason != "SHUTTING_DOWN" {
		t.Errorf("got %v", got)
	}
}

func TestRetryAfterIsAtLeastOneSecond(t *testing.T) {
	for delay, want := range map[time.Duration]int64{time.Millisecond: 1, time.Second: 1, 1001 * time.Millisecond: 2} {
		if got := New(Spec{Code: codes.Unavailable, RetryAfter: delay}).retryAfterSeconds(); got != want {
			t.Errorf("%s: got %d", delay, got)
		}
	}
}

// An RPC's error never becomes a status that only the gateway itself gives.
func TestHTTPFromCode(t *testing.T) {
	want := []int{200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	for code, http := range want {
		got := HTTPFromCode(codes.Code(code))
		if got != http || slices.Contains([]int{405, 413, 415, 421}, got) {
			t.Errorf("%s: got %d, want %d", codes.Code(code), got, http)
		}
	}
}

func TestRenderDropsAndCountsWhatIsNotLinked(t *testing.T) {
	dropped := 0
	failure := New(Spec{Code: codes.Internal, Reason: errorsv1.Reason_INTERNAL_ERROR, Message: "m"})
	failure.Status.Details = append(failure.Status.Details,
		&anypb.Any{TypeUrl: "type.googleapis.com/other.Thing", Value: []byte{1}},
		&anypb.Any{TypeUrl: "type.googleapis.com/google.rpc.ErrorInfo", Value: []byte{0xff}})
	text := (&Renderer{Dropped: func() { dropped++ }}).JSON(failure.Status)
	var read struct{ Details []map[string]any }
	if err := json.Unmarshal(text, &read); err != nil || len(read.Details) != 1 || dropped != 2 {
		t.Errorf("%v, %d dropped: %s", err, dropped, text)
	}
}

func TestRenderSurvivesInvalidUTF8(t *testing.T) {
	text := (&Renderer{Dropped: func() {}}).JSON(New(Spec{Code: codes.Internal, Message: "a\xffb"}).Status)
	if !json.Valid(text) || !strings.Contains(string(text), "a\ufffdb") {
		t.Errorf("got %s", text)
	}
}

func TestInvalidNamesEachField(t *testing.T) {
	failure := Invalid(Field{Path: "a", Reason: errorsv1.Reason_NULL_VALUE, Description: "must not be null"},
		Field{Path: "b", Reason: errorsv1.Reason_UNKNOWN_FIELD, Description: "x"})
	var bad errdetails.BadRequest
	if failure.Reason != "NULL_VALUE" || failure.Status.GetMessage() != "a: must not be null" ||
		failure.Status.GetDetails()[1].UnmarshalTo(&bad) != nil || len(bad.GetFieldViolations()) != 2 || bad.GetFieldViolations()[1].GetReason() != "UNKNOWN_FIELD" {
		t.Errorf("got %v", failure.Status)
	}
}
