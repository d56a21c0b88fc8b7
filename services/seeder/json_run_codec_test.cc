// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/json_run_codec.h"

#include <gtest/gtest.h>

#include "libs/status/error.h"

namespace storefront::seeder {
namespace {

SeedRun ThereAndBack(const SeedRun& run) {
  SeedRun read = {.kind = run.kind};
  ParseParameters(ParametersJson(run), read);
  return read;
}

TEST(ParametersJson, KeepsAFullLoad) {
  SeedRun run = {.kind = RunKind::kFullLoad, .warnings = {"the disk is nearly full"}};
  run.full_load = {.scale = 0.5,
                   .rows = {{Table::kOrders, 0}, {Table::kCustomers, 7}},
                   .connections = 5,
                   .chunk_rows = 1234,
                   .on_existing = OnExisting::kFail};
  run.first_ids = {.customer = 11, .product = 12, .order = 13};
  const SeedRun read = ThereAndBack(run);
  EXPECT_EQ(read.full_load, run.full_load);
  EXPECT_EQ(read.first_ids, run.first_ids);
  EXPECT_EQ(read.warnings, run.warnings);
}

TEST(ParametersJson, KeepsDeltas) {
  SeedRun run = {.kind = RunKind::kDeltas};
  run.deltas = {.events_per_second = 0.1,
                .arrival = Arrival::kConstant,
                .connections = 3,
                .max_events = 1'000'000'000'000,
                .weights = {{"checkout", 0}, {"restock", 9}},
                .time_compression = 1,
                .business_start = kClockStart + 5,
                .bases = {.customer = 1600, .order = 3200}};
  EXPECT_EQ(ThereAndBack(run).deltas, run.deltas);
}

TEST(ParametersJson, KeepsAVerificationAndItsResults) {
  SeedRun run = {.kind = RunKind::kVerify};
  run.verify.conditions = {"K1", "K11"};
  run.verify.results = {{.condition = "K1",
                         .description = "totals",
                         .checked = 10,
                         .violations = 2,
                         .samples = {"orders 5: \"x\"", "orders 6"}},
                        {.condition = "K11", .skipped = "deltas wrote too"}};
  EXPECT_EQ(ThereAndBack(run).verify, run.verify);
}

TEST(ParametersJson, WritesWhatIsNoUtf8AsWell) {
  const SeedRun run = {.kind = RunKind::kVerify, .warnings = {"\xff"}};
  EXPECT_EQ(ThereAndBack(run).warnings, std::vector<std::string>{"\xef\xbf\xbd"});
}

TEST(ErrorJson, KeepsCodeReasonMessageAndMetadata) {
  const absl::Status error = status::Error({.code = absl::StatusCode::kResourceExhausted,
                                            .reason = status::Reason::kDiskFull,
                                            .message = "no space",
                                            .metadata = {{"sqlstate", "53100"}}});
  const absl::Status read = ParseError(ErrorJson(error));
  EXPECT_EQ(read.code(), error.code());
  EXPECT_EQ(read.message(), error.message());
  EXPECT_EQ(status::ReasonOf(read), status::Reason::kDiskFull);
  EXPECT_EQ(status::DetailsOf(read).metadata.at("sqlstate"), "53100");
}

TEST(ErrorJson, NoErrorIsNull) {
  EXPECT_EQ(ErrorJson(absl::OkStatus()), "null");
  EXPECT_TRUE(ParseError("null").ok());
}

TEST(RowsJson, IsByTheTablesNames) {
  const std::map<Table, int64_t> rows = {{Table::kCustomers, 1}, {Table::kOrderItems, 2}};
  EXPECT_EQ(RowsJson(rows), R"({"customers":1,"order_items":2})");
  EXPECT_EQ(ParseRows(RowsJson(rows)), rows);
}

TEST(RateChangeJson, KeepsTheChange) {
  const RateChange change = {.first_event = 9, .start_ns = 123, .events_per_second = 33.3};
  EXPECT_EQ(ParseRateChange(9, RateChangeJson(change)), change);
}

}  // namespace
}  // namespace storefront::seeder
