// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	errorsv1 "storefront-cdc/gateway/gen/storefront/errors/v1"
	"storefront-cdc/gateway/internal/status"
)

// failure is a response that operations share.
type failure struct {
	code, name, description string
	methods                 []string // that have it; empty: all
	headers                 []string
	example                 *status.Failure
}

var changes = []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// sharedFailures, each with an answer that the gateway's own code makes.
func sharedFailures() []failure {
	return []failure{
		{code: "400", name: "BadRequest", description: "The request is wrong, or the present state does not allow it; details name fields and conditions.",
			example: status.Invalid(status.Field{Path: "pagesize", Reason: errorsv1.Reason_UNKNOWN_PARAMETER,
				Description: "GET /v1/seedRuns has no such query parameter; did you mean pageSize?"})},
		{code: "401", name: "Unauthenticated", description: "The services ask for a token.", headers: []string{"WWW-Authenticate"},
			example: status.New(status.Spec{Code: codes.Unauthenticated, Reason: errorsv1.Reason_TOKEN_REQUIRED, Message: "A valid token is needed."})},
		{code: "403", name: "Forbidden", description: "The token's role is too low, or a page of another origin asked.",
			example: status.New(status.Spec{Code: codes.PermissionDenied, Reason: errorsv1.Reason_ROLE_TOO_LOW,
				Message: "This call needs the role operator.", Metadata: map[string]string{"required": "operator"}})},
		{code: "404", name: "NotFound", description: "The resource or the path does not exist.",
			example: status.New(status.Spec{Code: codes.NotFound, Reason: errorsv1.Reason_RESOURCE_NOT_FOUND, Message: "There is no seedRuns/full-99."})},
		{code: "409", name: "Conflict", description: "Another run is active, the etag is old, or the request id was used for another request.", methods: changes,
			example: status.New(status.Spec{Code: codes.Aborted, Reason: errorsv1.Reason_RUN_ACTIVE,
				Message: "seedRuns/full-12 is running. Wait for it, or cancel it.", Metadata: map[string]string{"run": "seedRuns/full-12"}})},
		{code: "429", name: "TooManyRequests", description: "Too many calls at once; nothing was done.", headers: []string{"Retry-After"},
			example: status.New(status.Spec{Code: codes.ResourceExhausted, Reason: errorsv1.Reason_OVERLOADED, RetryAfter: time.Second,
				Message: "The gateway has as many calls under way as it takes. Try again in a second."})},
		{code: "503", name: "Unavailable", description: "A service, or a server behind it, cannot be reached.", headers: []string{"Retry-After"},
			example: status.FromError(errUnavailable, "seeder", "")},
		{code: "default", name: "Failure", description: "Any other failure has the same form.",
			example: status.FromError(errDeadline, "seeder", "")},
	}
}

var headerDescriptions = map[string]string{
	"Retry-After":      "Seconds to wait before the next try.",
	"WWW-Authenticate": "How to send the token.",
}

// failureResponses are the components/responses.
func failureResponses() (*object, error) {
	render := status.Renderer{Dropped: func() {}}
	responses := newObject()
	for _, failure := range sharedFailures() {
		value, err := parseJSON(render.JSON(failure.example.Status))
		if err != nil {
			return nil, err
		}
		response := newObject(member{"description", failure.description})
		if len(failure.headers) > 0 {
			headers := newObject()
			for _, name := range failure.headers {
				headers.set(name, newObject(member{"description", headerDescriptions[name]}, member{"schema", newObject(member{"type", "string"})}))
			}
			response.set("headers", headers)
		}
		summary := strconv.Itoa(failure.example.HTTP) + " " + failure.example.Reason
		response.set("content", newObject(member{"application/json", newObject(
			member{"schema", newObject(member{"$ref", "#/components/schemas/" + statusSchema})},
			member{"examples", newObject(member{failure.example.Reason, newObject(member{"summary", summary}, member{"value", value})})})}))
		responses.set(failure.name, response)
	}
	return responses, nil
}
