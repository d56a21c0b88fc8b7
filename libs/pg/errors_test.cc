// SPDX-License-Identifier: Apache-2.0
#include "libs/pg/errors.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "libs/pg/connection.h"
#include "libs/testing/status_matchers.h"

namespace storefront::pg {
namespace {

using status::Reason;

TEST(FromSqlState, TheTable) {
  struct Case {
    absl::string_view sqlstate;
    absl::StatusCode code;
    Reason reason;
  };
  constexpr Case kCases[] = {
      {"08006", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable},
      {"57P01", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable},
      {"25P03", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable},
      {"53300", absl::StatusCode::kUnavailable, Reason::kBackendUnavailable},
      {"40001", absl::StatusCode::kAborted, Reason::kTransactionConflict},
      {"40P01", absl::StatusCode::kAborted, Reason::kTransactionConflict},
      {"40003", absl::StatusCode::kUnknown, Reason::kCommitInDoubt},
      {"55P03", absl::StatusCode::kAborted, Reason::kLockTimeout},
      {"57014", absl::StatusCode::kCancelled, Reason::kCallCancelled},
      {"23505", absl::StatusCode::kAlreadyExists, Reason::kUniqueViolation},
      {"23503", absl::StatusCode::kFailedPrecondition, Reason::kConstraintViolation},
      {"22P02", absl::StatusCode::kInvalidArgument, Reason::kDatabaseValue},
      {"25006", absl::StatusCode::kFailedPrecondition, Reason::kReadOnlyServer},
      {"28P01", absl::StatusCode::kFailedPrecondition, Reason::kDatabasePermission},
      {"42501", absl::StatusCode::kFailedPrecondition, Reason::kDatabasePermission},
      {"42P01", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject},
      {"3D000", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject},
      {"3F000", absl::StatusCode::kFailedPrecondition, Reason::kDatabaseObject},
      {"53100", absl::StatusCode::kResourceExhausted, Reason::kDiskFull},
      {"53200", absl::StatusCode::kResourceExhausted, Reason::kOutOfMemory},
      {"XX000", absl::StatusCode::kInternal, Reason::kInternalError},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.sqlstate);
    const absl::Status status = FromSqlState("insert", c.sqlstate, "secret detail");
    EXPECT_THAT(status, testing::HasReason(c.code, c.reason));
    const status::ErrorSpec spec = status::DetailsOf(status);
    EXPECT_EQ(spec.metadata.at("sqlstate"), c.sqlstate);
    EXPECT_EQ(spec.message.find("secret"), std::string::npos);
    EXPECT_EQ(spec.internal, "secret detail");
  }
}

TEST(Guard, TurnsEachExceptionIntoItsStatus) {
  EXPECT_THAT(Guard("x", [] {}), testing::IsOk());
  EXPECT_THAT(Guard("x", [] { throw pqxx::in_doubt_error("?"); }),
              testing::HasReason(absl::StatusCode::kUnknown, Reason::kCommitInDoubt));
  EXPECT_THAT(Guard("x", [] { throw pqxx::broken_connection("gone"); }),
              testing::HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
  EXPECT_THAT(Guard("x", [] { throw pqxx::unique_violation("dup", "insert", "23505"); }),
              testing::HasReason(absl::StatusCode::kAlreadyExists, Reason::kUniqueViolation));
  EXPECT_THAT(Guard("x", [] { throw std::runtime_error("odd"); }),
              testing::HasReason(absl::StatusCode::kInternal, Reason::kInternalError));
}

TEST(CheckUrl, NamesTheSetting) {
  EXPECT_THAT(CheckUrl("postgresql://u@h:1/db"), testing::IsOk());
  EXPECT_THAT(CheckUrl("host=h dbname=db"), testing::IsOk());
  EXPECT_THAT(CheckUrl(""),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
  EXPECT_THAT(CheckUrl("postgresql://[oops"),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
  EXPECT_EQ(DatabaseName("postgresql://u@h:1/shop"), "shop");
  EXPECT_EQ(DatabaseName("postgresql://u@h"), "");
}

}  // namespace
}  // namespace storefront::pg
