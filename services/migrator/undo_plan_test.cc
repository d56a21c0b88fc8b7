// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/undo_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/repair_plan.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PlanUndoTest : public ::testing::Test {
 protected:
  PlanUndoTest() {
    for (const char* version : {"1", "2", "3"}) {
      texts_[absl::StrCat("V", version, "__a.sql")] = "select 1;";
      texts_[absl::StrCat("U", version, "__a.sql")] = "select 2;";
    }
  }
  void Apply(const char* version, HistoryType type = HistoryType::kSql) {
    history_.exists = true;
    history_.rows.push_back({.installed_rank = NextRank(history_),
                             .version = Version::Parse(version).value(),
                             .description = "a",
                             .type = type,
                             .script = absl::StrCat("V", version, "__a.sql")});
  }
  void Delete(size_t row) {
    history_.rows.push_back(DeletionOf(history_.rows[row], NextRank(history_)));
  }
  absl::StatusOr<UndoPlan> Plan(const char* target = "") {
    std::vector<SourceFile> files;
    for (const auto& [path, text] : texts_) files.push_back({"m", path});
    const ScriptSet set = MakeScriptSet(files, {});
    return PlanUndo(
        set, history_, UndoTarget::Parse(target).value(),
        [this](const Script& script) -> absl::StatusOr<std::shared_ptr<const PreparedScript>> {
          const std::string& text = texts_[script.file.path];
          auto made = PrepareScript(script, {TextInMemory(text), ScriptChecksum(text)},
                                    Placeholders::Make({}).value(), {}, parser_, 100);
          if (!made.ok()) return made.status();
          return std::make_shared<const PreparedScript>(*std::move(made));
        });
  }
  static std::vector<std::string> Ids(const absl::StatusOr<UndoPlan>& plan) {
    std::vector<std::string> ids;
    for (const UndoItem& item : plan.value().items) {
      ids.push_back(absl::StrCat(item.id, " by ", item.script->script.file.path));
    }
    return ids;
  }
  static std::vector<std::string> Subjects(const absl::Status& status) {
    std::vector<std::string> subjects;
    for (const auto& each : status::DetailsOf(status).preconditions) {
      subjects.push_back(each.subject);
    }
    return subjects;
  }

  std::map<std::string, std::string> texts_;
  History history_;
  FakeStatementParser parser_;
};

TEST_F(PlanUndoTest, TheNewestOnlyOrAllAboveTheTarget) {
  EXPECT_THAT(Ids(Plan()), IsEmpty()) << "nothing is applied";
  for (const char* version : {"1", "2", "3"}) Apply(version);
  EXPECT_THAT(Ids(Plan()), ElementsAre("V3 by U3__a.sql"));
  EXPECT_THAT(Ids(Plan("1")), ElementsAre("V3 by U3__a.sql", "V2 by U2__a.sql"));
  EXPECT_THAT(Ids(Plan("3")), IsEmpty());
  EXPECT_THAT(Ids(Plan("0?")),
              ElementsAre("V3 by U3__a.sql", "V2 by U2__a.sql", "V1 by U1__a.sql"));
  EXPECT_THAT(Plan("0"),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kTargetNotFound));
}

TEST_F(PlanUndoTest, TheOrderIsThatOfApplyingBackwards) {
  for (const char* version : {"1", "3", "2"}) Apply(version);
  EXPECT_THAT(Ids(Plan()), ElementsAre("V2 by U2__a.sql")) << "applied last, out of order";
  EXPECT_THAT(Ids(Plan("1")), ElementsAre("V2 by U2__a.sql", "V3 by U3__a.sql"));
}

TEST_F(PlanUndoTest, UndoAndRedoMayRepeat) {
  Apply("1");
  Apply("2");
  Delete(1);
  EXPECT_THAT(Ids(Plan()), ElementsAre("V1 by U1__a.sql"));
  Apply("2");
  const auto plan = Plan();
  EXPECT_THAT(Ids(plan), ElementsAre("V2 by U2__a.sql"));
  EXPECT_EQ(plan->items[0].applied.installed_rank, 4);
  Delete(3);
  Delete(0);
  EXPECT_THAT(Ids(Plan()), IsEmpty());
}

TEST_F(PlanUndoTest, EveryMissingUndoFileIsNamed) {
  for (const char* version : {"1", "2", "3"}) Apply(version);
  texts_.erase("U1__a.sql");
  texts_.erase("U3__a.sql");
  const auto refused = Plan("0?");
  EXPECT_THAT(refused, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                          Reason::kUndoScriptMissing));
  EXPECT_THAT(Subjects(refused.status()), ElementsAre("migrations/V3", "migrations/V1"));
  EXPECT_THAT(Plan(), testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         Reason::kUndoScriptMissing));
}

TEST_F(PlanUndoTest, AMigrationWithoutItsOwnFileCanBeUndone) {
  Apply("1");
  texts_.erase("V1__a.sql");
  EXPECT_THAT(Ids(Plan()), ElementsAre("V1 by U1__a.sql"));
}

TEST_F(PlanUndoTest, ABaselineIsNotUndone) {
  for (const HistoryType type : {HistoryType::kBaseline, HistoryType::kSqlBaseline}) {
    history_ = {};
    Apply("1", type);
    EXPECT_THAT(Plan(),
                testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kUndoRefused));
    Apply("2");
    EXPECT_THAT(Ids(Plan()), ElementsAre("V2 by U2__a.sql"));
    EXPECT_THAT(Ids(Plan("1")), ElementsAre("V2 by U2__a.sql"));
    EXPECT_THAT(Plan("0?"),
                testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kUndoRefused));
  }
}

TEST_F(PlanUndoTest, AScriptThatRefusesATransactionIsRefused) {
  Apply("1");
  texts_["U1__a.sql"] = "drop index concurrently i;";
  const auto refused = Plan();
  EXPECT_THAT(refused,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kUndoRefused));
  EXPECT_THAT(Subjects(refused.status()), ElementsAre("migrations/V1"));
  texts_["U1__a.sql"] = "select '";
  EXPECT_THAT(Plan(),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidScript));
}

TEST_F(PlanUndoTest, ADirtyHistoryIsRefused) {
  Apply("1");
  Apply("2");
  history_.rows[1].success = false;
  EXPECT_THAT(Plan(),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kDirtyHistory));
}

TEST_F(PlanUndoTest, M5WhatALostSessionLeftOpenIsCounted) {
  for (const char* version : {"1", "2", "3"}) Apply(version);
  const UndoPlan plan = Plan("1").value();
  EXPECT_THAT(CountUndone(plan, history_), testing::IsOkAndHolds(0U));
  Delete(2);
  EXPECT_THAT(CountUndone(plan, history_), testing::IsOkAndHolds(1U));
  Delete(1);
  EXPECT_THAT(CountUndone(plan, history_), testing::IsOkAndHolds(2U));
  Apply("3");
  EXPECT_THAT(CountUndone(plan, history_),
              testing::HasReason(absl::StatusCode::kAborted, Reason::kPlanChanged));
  EXPECT_THAT(CountUndone(plan, {}),
              testing::HasReason(absl::StatusCode::kAborted, Reason::kPlanChanged));
}

TEST(UndoTarget, Forms) {
  EXPECT_EQ(UndoTarget::Parse("")->above, std::nullopt);
  EXPECT_TRUE(UndoTarget::Parse("1.2")->must_exist);
  EXPECT_FALSE(UndoTarget::Parse("1.2?")->must_exist);
  for (const char* text : {"latest", "next", "current", "?", "x", "-1"}) {
    EXPECT_THAT(UndoTarget::Parse(text),
                testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField))
        << text;
  }
}

}  // namespace
}  // namespace storefront::migrator
