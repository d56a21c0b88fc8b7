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

// A client takes 8 KiB of trailers: message, and details in base64.
size_t WireBytes(const grpc::Status& status) {
  return status.error_message().size() + (status.error_details().size() + 2) / 3 * 4;
}

TEST(GrpcStatus, ManyViolationsAreCountedAndTheFirstOnesFit) {
  ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                 .reason = Reason::kInvalidName,
                 .message = "one of many",
                 .fields = {{"a", "bad"}}};
  for (int i = 0; i < 20'000; ++i) {
    spec.preconditions.push_back({"INVALID_NAME", "V_.sql", std::string(100, 'x')});
  }
  const grpc::Status wire = ToGrpc(Error(spec));
  EXPECT_LT(WireBytes(wire), 7500U);
  const ErrorSpec got = DetailsOf(FromGrpc(wire));
  EXPECT_EQ(got.reason, Reason::kInvalidName);
  EXPECT_GT(got.preconditions.size(), 10U);
  EXPECT_EQ(got.fields.size(), 1U);
  EXPECT_EQ(got.metadata.at("violations_left_out"),
            std::to_string(20'000 - got.preconditions.size()));
  EXPECT_EQ(ToRpcStatus(Error(spec)).details_size(), 3);
  EXPECT_GT(ToRpcStatus(Error(spec)).ByteSizeLong(), 2'000'000U);
}

TEST(GrpcStatus, LongTextsAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "ü";
  for (int shift = 0; shift < 2; ++shift) {
    SCOPED_TRACE(shift);
    const std::string message = std::string(static_cast<size_t>(shift), 'x') + text;
    const grpc::Status wire = ToGrpc(Error({.code = absl::StatusCode::kAborted,
                                            .reason = Reason::kRunActive,
                                            .message = message,
                                            .metadata = {{"k", message}},
                                            .fields = {{"f", message}}}));
    EXPECT_LT(WireBytes(wire), 7500U);
    const ErrorSpec got = DetailsOf(FromGrpc(wire));
    for (const std::string& each : {got.message, got.metadata.at("k")}) {
      ASSERT_GT(each.size(), 400U);
      EXPECT_EQ(each.substr(each.size() - 5), "ü…");
    }
  }
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
