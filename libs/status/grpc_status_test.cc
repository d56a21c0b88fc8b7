// SPDX-License-Identifier: Apache-2.0
#include "libs/status/grpc_status.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "libs/status/error.h"

namespace storefront::status {
namespace {

TEST(GrpcStatus, EveryDetailRoundTripsAndThePrivateCauseStays) {
  const absl::Status before = Error({.code = absl::StatusCode::kAborted,
                                     .reason = Reason::kRunActive,
                                     .message = "busy",
                                     .metadata = {{"run", "seedRuns/full-1"}},
                                     .fields = {{"a.b", "bad"}},
                                     .preconditions = {{"T", "s", "d"}},
                                     .retry_after = absl::Milliseconds(2500),
                                     .resource = ResourceRef{"seedRuns", "seedRuns/full-1"},
                                     .internal = "password=hunter2"});
  const grpc::Status wire = ToGrpc(before);
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(wire.error_details().find("hunter2"), std::string::npos);

  ErrorSpec want = DetailsOf(before);
  const ErrorSpec got = DetailsOf(FromGrpc(wire));
  EXPECT_EQ(got.internal, "");
  EXPECT_EQ(got.code, want.code);
  EXPECT_EQ(got.reason, want.reason);
  EXPECT_EQ(got.message, want.message);
  EXPECT_EQ(got.metadata, want.metadata);
  EXPECT_EQ(got.fields, want.fields);
  EXPECT_EQ(got.preconditions, want.preconditions);
  EXPECT_EQ(got.retry_after, want.retry_after);
  EXPECT_EQ(got.resource, want.resource);
}

TEST(GrpcStatus, AStatusWithoutReasonIsAnInternalErrorOnTheWire) {
  const google::rpc::Status rpc = ToRpcStatus(absl::InternalError("boom"));
  google::rpc::ErrorInfo info;
  ASSERT_EQ(rpc.details_size(), 1);
  ASSERT_TRUE(rpc.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "INTERNAL_ERROR");
  EXPECT_EQ(info.domain(), "storefront-cdc");
}

TEST(GrpcStatus, ErrorsOfTheLibraryKeepCodeAndMessage) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "refused"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "refused");
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

}  // namespace
}  // namespace storefront::status
