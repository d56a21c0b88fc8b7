// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/reflect/protoreflect"

	"storefront-cdc/gateway/internal/status"
)

// Service is one gRPC service behind the gateway.
type Service struct {
	Backend  string // whose address it has: "seeder"
	File     protoreflect.FileDescriptor
	Register func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error
}

// Deadlines of unary calls.
type Deadlines struct{ Default, Max time.Duration }

// deadPeer finds a service that vanished without a word, 80 s after its last one.
var deadPeer = keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}

// Dial makes a connection that is opened when it is first needed and opened again by itself. No call
// is retried, and none waits for a service that is away.
func Dial(backend, address string, deadlines Deadlines, alive keepalive.ClientParameters) (*grpc.ClientConn, error) {
	return grpc.NewClient("dns:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(), grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
		grpc.WithUserAgent("storefront-gateway"),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 2 * time.Second,
		}),
		grpc.WithKeepaliveParams(alive),
		grpc.WithUnaryInterceptor(unary(backend, deadlines)),
	)
}

// unary bounds a call in time and turns its error into the answer. The deadline sits here and not in
// the router's default, which would end streams as well.
func unary(backend string, deadlines Deadlines) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		allowed := deadlines.Default
		if asked, ok := ctx.Deadline(); ok {
			allowed = min(time.Until(asked), deadlines.Max)
		}
		ctx, cancel := context.WithTimeout(ctx, allowed)
		defer cancel()
		if err := invoke(ctx, method, request, reply, conn, options...); err != nil {
			if call := callOf(ctx); call != nil { // health checks have none
				return status.FromError(err, backend, call.requestID)
			}
			return err
		}
		return nil
	}
}
