// SPDX-License-Identifier: Apache-2.0
#include "libs/status/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/status/macros.h"
#include "libs/testing/status_matchers.h"

namespace storefront::status {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Error, CarriesEveryDetail) {
  const absl::Status status = Error({.code = absl::StatusCode::kFailedPrecondition,
                                     .reason = Reason::kRunActive,
                                     .message = "seedRuns/full-1 is running",
                                     .metadata = {{"run", "seedRuns/full-1"}, {"colon:", "1:2"}},
                                     .fields = {{"load.rows[orders]", "is negative"}},
                                     .preconditions = {{"RUN", "seedRuns/full-1", "wait for it"}},
                                     .retry_after = absl::Milliseconds(1500),
                                     .resource = ResourceRef{"seedRuns", "seedRuns/full-1"},
                                     .internal = "pid 12"});
  const ErrorSpec spec = DetailsOf(status);
  EXPECT_EQ(spec.code, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(spec.reason, Reason::kRunActive);
  EXPECT_EQ(spec.message, "seedRuns/full-1 is running");
  EXPECT_EQ(spec.metadata.at("colon:"), "1:2");
  EXPECT_THAT(spec.fields, ElementsAre(FieldViolation{"load.rows[orders]", "is negative"}));
  EXPECT_THAT(spec.preconditions,
              ElementsAre(PreconditionViolation{"RUN", "seedRuns/full-1", "wait for it"}));
  EXPECT_EQ(spec.retry_after, absl::Milliseconds(1500));
  EXPECT_EQ(spec.resource, (ResourceRef{"seedRuns", "seedRuns/full-1"}));
  EXPECT_EQ(spec.internal, "pid 12");
}

TEST(Error, WithCodeOkIsInternal) {
  EXPECT_EQ(Error({.code = absl::StatusCode::kOk}).code(), absl::StatusCode::kInternal);
}

TEST(Error, DetailsOfAStatusOfOthersAreEmpty) {
  const ErrorSpec spec = DetailsOf(absl::NotFoundError("no"));
  EXPECT_EQ(spec.reason, Reason::kUnspecified);
  EXPECT_EQ(spec.code, absl::StatusCode::kNotFound);
  EXPECT_TRUE(spec.metadata.empty());
}

TEST(InvalidFields, NamesTheFirstAndCountsTheRest) {
  const absl::Status status = InvalidFields({{"a", "is empty"}, {"b", "is negative"}});
  EXPECT_THAT(status,
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a: is empty (and 1 more)"));
  EXPECT_EQ(DetailsOf(status).fields.size(), 2u);
  EXPECT_TRUE(InvalidFields({}).ok());
}

TEST(Prefix, KeepsCodeReasonAndDetails) {
  const absl::Status status = Prefix("apply V3", InvalidField("x", "is bad"));
  EXPECT_EQ(status.message(), "apply V3: x: is bad");
  EXPECT_EQ(ReasonOf(status), Reason::kInvalidField);
  EXPECT_EQ(DetailsOf(status).fields.size(), 1u);
  EXPECT_TRUE(Prefix("apply V3", absl::OkStatus()).ok());
}

TEST(Macros, ReturnTheErrorAndEvaluateOnce) {
  int calls = 0;
  const auto make = [&](bool good) -> absl::StatusOr<int> {
    ++calls;
    if (!good) return InvalidField("n", "is bad");
    return 7;
  };
  const auto use = [&](bool good) -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const int n, make(good));
    RETURN_IF_ERROR(absl::OkStatus());
    return n + 1;
  };
  EXPECT_EQ(use(true).value(), 8);
  EXPECT_EQ(ReasonOf(use(false).status()), Reason::kInvalidField);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace storefront::status
