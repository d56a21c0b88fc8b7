// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/migration_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/validation.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int32_t kChecksum = 7;

ScriptSet Files(std::vector<std::string> paths) {
  std::vector<SourceFile> files;
  for (std::string& path : paths) files.push_back({"m", std::move(path)});
  ScriptSet set = MakeScriptSet(files, {});
  for (auto* scripts : {&set.versioned, &set.baselines, &set.repeatables}) {
    for (Script& script : *scripts) script.checksum = kChecksum;
  }
  return set;
}

class Rows {
 public:
  Rows& V(absl::string_view version, bool success = true) {
    return Add(
        {.version = Version::Parse(version).value(), .checksum = kChecksum, .success = success});
  }
  Rows& R(absl::string_view description, std::optional<int32_t> checksum = kChecksum) {
    return Add({.description = std::string(description), .checksum = checksum});
  }
  Rows& Typed(HistoryType type, absl::string_view version) {
    return Add({.version = Version::Parse(version).value(), .type = type});
  }
  Rows& Schema() { return Add({.type = HistoryType::kSchema, .script = "\"s\""}); }
  Rows& DeleteR(absl::string_view description) {
    return Add({.description = std::string(description), .type = HistoryType::kDelete});
  }
  History Done() { return {.exists = true, .rows = rows_}; }

 private:
  Rows& Add(HistoryRow row) {
    row.installed_rank = static_cast<int>(rows_.size()) + 1;
    if (row.version && row.description.empty()) row.description = "x";
    rows_.push_back(std::move(row));
    return *this;
  }
  std::vector<HistoryRow> rows_;
};

std::vector<std::string> Lines(const ScriptSet& set, const History& history,
                               const TableOptions& options = {}) {
  const auto table = MakeTable(set, history, options);
  if (!table.ok()) return {std::string(status::ReasonName(status::ReasonOf(table.status())))};
  std::vector<std::string> lines;
  for (const MigrationLine& line : table->lines) {
    if (!line.hidden) lines.push_back(absl::StrCat(line.id, " ", MigrationStateName(line.state)));
  }
  return lines;
}

TEST(MakeTable, NothingAppliedIsPending) {
  EXPECT_THAT(Lines(Files({"V2__x.sql", "V1__x.sql", "R__v.sql"}), {}),
              ElementsAre("V1 Pending", "V2 Pending", "R__v Pending"));
}

TEST(MakeTable, EqualVersionsAreOne) {
  EXPECT_THAT(Lines(Files({"V1.0__x.sql", "V009_4__x.sql"}), Rows().V("1").V("9.4").Done()),
              ElementsAre("V1 Success", "V9.4 Success"));
}

TEST(MakeTable, M6OutOfOrderMissingFutureAndFailed) {
  const ScriptSet set = Files({"V1__x.sql", "V1.5__x.sql", "V3__x.sql"});
  EXPECT_THAT(Lines(set, Rows().V("1").V("3").Done()),
              ElementsAre("V1 Success", "V3 Success", "V1.5 Ignored"));
  EXPECT_THAT(Lines(set, Rows().V("1").V("3").Done(), {.out_of_order = true}),
              ElementsAre("V1 Success", "V3 Success", "V1.5 Pending"));
  EXPECT_THAT(Lines(set, Rows().V("1").V("3").V("1.5").Done()),
              ElementsAre("V1 Success", "V3 Success", "V1.5 Out of Order"));
  EXPECT_THAT(Lines(set, Rows().V("1").V("1.5").V("2").V("3").V("4").V("5", false).Done()),
              ElementsAre("V1 Success", "V1.5 Success", "V2 Missing", "V3 Success", "V4 Future",
                          "V5 Failed (Future)"));
  EXPECT_THAT(Lines(set, Rows().V("1").V("1.5").V("2", false).V("3", false).Done()),
              ElementsAre("V1 Success", "V1.5 Success", "V2 Failed (Missing)", "V3 Failed"));
}

TEST(MakeTable, BaselinesHideWhatTheyHold) {
  const ScriptSet set = Files({"V1__x.sql", "V2__x.sql", "V3__x.sql", "B1__b.sql", "B2__b.sql"});
  EXPECT_THAT(Lines(set, {}), ElementsAre("V1 Below Baseline", "V2 Ignored (Baseline)",
                                          "B1 Ignored", "B2 Pending", "V3 Pending"));
  EXPECT_THAT(Lines(set, Rows().Schema().Done()),
              ElementsAre("V1 Below Baseline", "V2 Ignored (Baseline)", "schema Success",
                          "B1 Ignored", "B2 Pending", "V3 Pending"));
  EXPECT_THAT(Lines(set, Rows().Typed(HistoryType::kSqlBaseline, "2").V("3").Done()),
              ElementsAre("V1 Below Baseline", "V2 Ignored (Baseline)", "B2 Baseline", "V3 Success",
                          "B1 Ignored"));
  EXPECT_THAT(
      Lines(Files({"V1__x.sql", "V2__x.sql"}), Rows().Typed(HistoryType::kBaseline, "1").Done()),
      ElementsAre("V1 Ignored (Baseline)", "B1 Baseline", "V2 Pending"));
}

TEST(MakeTable, RepeatablesAreSupersededAndOutdated) {
  const ScriptSet set = Files({"R__v.sql"});
  EXPECT_THAT(Lines(set, Rows().R("v", 1).R("v").Done()),
              ElementsAre("R__v@1 Superseded", "R__v Success"));
  EXPECT_THAT(Lines(set, Rows().R("v", 1).R("v", 2).Done()),
              ElementsAre("R__v@1 Superseded", "R__v@2 Outdated", "R__v Pending"));
  EXPECT_THAT(Lines(set, Rows().R("v", std::nullopt).Done()),
              ElementsAre("R__v@1 Outdated", "R__v Pending"));
  EXPECT_THAT(Lines(Files({}), Rows().R("gone").Done()), ElementsAre("R__gone Missing"));
  EXPECT_THAT(Lines(Files({}), Rows().R("gone", 1).R("gone", 2).Done()),
              ElementsAre("R__gone@1 Superseded", "R__gone Missing"));
}

TEST(MakeTable, ADeletedVersionIsThereAgain) {
  const ScriptSet set = Files({"V1__x.sql", "V2__x.sql"});
  EXPECT_THAT(Lines(set, Rows().V("1").V("2").Typed(HistoryType::kDelete, "2").Done()),
              ElementsAre("V1 Success", "V2@2 Deleted", "V2 Pending"));
  EXPECT_THAT(Lines(set, Rows().V("1").V("2").Typed(HistoryType::kDelete, "2").V("2").Done()),
              ElementsAre("V1 Success", "V2@2 Deleted", "V2 Success"));
  EXPECT_THAT(Lines(Files({"R__v.sql"}), Rows().R("v").DeleteR("v").Done()),
              ElementsAre("R__v@1 Deleted", "R__v@2 Success", "R__v Pending"));
  EXPECT_THAT(
      Lines(set,
            Rows().V("1").Typed(HistoryType::kDelete, "1").Typed(HistoryType::kDelete, "1").Done()),
      ElementsAre("CORRUPT_HISTORY"));
}

TEST(MakeTable, TargetsBoundVersionsOnly) {
  const ScriptSet set = Files({"V1__x.sql", "V2__x.sql", "V3__x.sql", "R__v.sql"});
  const auto lines = [&](absl::string_view target) {
    return Lines(set, Rows().V("1").Done(), {.target = Target::Parse(target).value()});
  };
  EXPECT_THAT(lines("2"),
              ElementsAre("V1 Success", "V2 Pending", "V3 Above Target", "R__v Pending"));
  EXPECT_THAT(lines("next"),
              ElementsAre("V1 Success", "V2 Pending", "V3 Above Target", "R__v Pending"));
  EXPECT_THAT(lines("current"),
              ElementsAre("V1 Success", "V2 Above Target", "V3 Above Target", "R__v Pending"));
  EXPECT_THAT(lines("2.5"), ElementsAre("TARGET_NOT_FOUND"));
  EXPECT_THAT(lines("2.5?"),
              ElementsAre("V1 Success", "V2 Pending", "V3 Above Target", "R__v Pending"));
  EXPECT_THAT(Target::Parse("x"),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

std::vector<std::string> Codes(const ScriptSet& set, const History& history,
                               std::vector<std::string> ignore = {}, bool allow_pending = false) {
  const MigrationTable table = MakeTable(set, history, {}).value();
  std::vector<std::string> codes;
  for (const Finding& finding :
       Validate(table, IgnorePatterns::Parse(ignore).value(), {.allow_pending = allow_pending})) {
    codes.push_back(absl::StrCat(finding.migration, " ", finding.code));
  }
  return codes;
}

TEST(Validate, M6NamesEachContradiction) {
  ScriptSet set = Files({"V1__x.sql", "V3__other.sql", "V5__x.sql", "V6__x.sql", "R__v.sql"});
  set.versioned[0].checksum = 8;
  EXPECT_THAT(Codes(set, Rows().V("1").V("2").V("3").V("6").V("7").R("v", 1).Done()),
              ElementsAre("V1 CHECKSUM_MISMATCH", "V2 APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED",
                          "V3 DESCRIPTION_MISMATCH", "R__v@6 OUTDATED_REPEATABLE_MIGRATION",
                          "V5 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED"));
  EXPECT_THAT(Codes(Files({"V1__x.sql"}), Rows().Typed(HistoryType::kJdbc, "1").Done()),
              ElementsAre("V1 TYPE_MISMATCH"));
  EXPECT_THAT(Codes(Files({"V1__x.sql"}), Rows().V("1", false).Done()),
              ElementsAre("V1 FAILED_VERSIONED_MIGRATION"));
}

TEST(Validate, PatternsAndPendingLeaveOut) {
  const ScriptSet set = Files({"V1__x.sql", "V3__x.sql", "V4__x.sql"});
  const History history = Rows().V("1").V("2").V("3").V("9").Done();
  EXPECT_THAT(Codes(set, history, {"*:future", "versioned:missing", "*:ignored"}), IsEmpty());
  EXPECT_THAT(Codes(set, history, {"versioned:missing", "versioned:ignored"}),
              ElementsAre("V9 APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED"));
  EXPECT_THAT(Codes(Files({"V1__x.sql", "V2__x.sql"}), Rows().V("1").Done(), {}, true), IsEmpty());
  EXPECT_THAT(IgnorePatterns::Parse({"*:future", "nonsense"}),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST(CheckNotDirty, NamesEachFailedRow) {
  EXPECT_THAT(CheckNotDirty(Rows().V("1").Done()), testing::IsOk());
  const absl::Status dirty = CheckNotDirty(Rows().V("1").V("9", false).Done());
  EXPECT_THAT(dirty,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kDirtyHistory));
  EXPECT_EQ(status::DetailsOf(dirty).preconditions.size(), 1U);
}

}  // namespace
}  // namespace storefront::migrator
