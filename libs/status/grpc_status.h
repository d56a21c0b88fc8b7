// The one mapping between our errors and gRPC: google.rpc.Status with details, both directions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace storefront::status {

// ErrorInfo is always there (reason REASON_UNSPECIFIED becomes INTERNAL_ERROR on INTERNAL and
// UNKNOWN); BadRequest, PreconditionFailure, RetryInfo and ResourceInfo where the error has them.
// The private cause is left out.
//
// ToGrpc makes an error that fits into the 8 KiB of trailers that clients take by default: long
// texts end with "…", violations that do not fit are left out from the end, and metadata
// `violations_left_out` counts them. ToRpcStatus, for errors inside of messages, keeps everything.
grpc::Status ToGrpc(const absl::Status& status);
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The way back, for clients. Details that are not ours are dropped; a status without details keeps
// code and message.
absl::Status FromGrpc(const grpc::Status& status);
absl::Status FromRpcStatus(const google::rpc::Status& status);

}  // namespace storefront::status
