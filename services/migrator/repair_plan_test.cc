// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/repair_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Version V(const char* text) { return Version::Parse(text).value(); }

// Files, rows, and the plan that they give.
class PlanRepairTest : public ::testing::Test {
 protected:
  void File(const std::string& path, const std::string& text) {
    texts_[path] = text;
    set_ = MakeScriptSet(Files(), {});
    for (auto* scripts : {&set_.versioned, &set_.baselines, &set_.repeatables}) {
      for (Script& script : *scripts) script.checksum = ScriptChecksum(texts_[script.file.path]);
    }
  }
  HistoryRow& Row(const char* version, const std::string& path, bool success = true) {
    HistoryRow row{.installed_rank = NextRank(history_),
                   .description = ParseScriptName(path)->description,
                   .script = path,
                   .success = success};
    if (version != nullptr) row.version = V(version);
    if (texts_.contains(path)) row.checksum = ScriptChecksum(texts_[path]);
    history_.exists = true;
    history_.rows.push_back(std::move(row));
    return history_.rows.back();
  }
  absl::StatusOr<RepairPlan> Plan(std::vector<InvalidIndex> indexes = {}) {
    return PlanRepair(
        {.set = set_,
         .history = history_,
         .invalid_indexes = std::move(indexes),
         .raw_checksum = [this](const Script&) -> absl::StatusOr<int32_t> { return raw_checksum_; },
         .prepare = [this](const Script& script) -> absl::StatusOr<PreparedScript> {
           const std::string& text = texts_[script.file.path];
           return PrepareScript(script, {TextInMemory(text), ScriptChecksum(text)},
                                Placeholders::Make({}).value(), {}, parser_, 100);
         }});
  }
  // "REMOVE V2 #2" for each step.
  static std::vector<std::string> Words(const absl::StatusOr<RepairPlan>& plan) {
    std::vector<std::string> words;
    for (const RunStep& step : plan.value().steps) {
      const char* verb = "?";
      if (step.action == StepAction::kRemoveFailed) verb = "REMOVE";
      if (step.action == StepAction::kMarkDeleted) verb = "DELETE";
      if (step.action == StepAction::kAlign) verb = "ALIGN";
      if (step.action == StepAction::kDropIndex) verb = "DROP";
      words.push_back(absl::StrCat(verb, " ", step.migration, " #", step.installed_rank));
    }
    return words;
  }

  std::map<std::string, std::string> texts_;
  ScriptSet set_;
  History history_;
  int32_t raw_checksum_ = 0;
  FakeStatementParser parser_;

 private:
  std::vector<SourceFile> Files() const {
    std::vector<SourceFile> files;
    for (const auto& [path, text] : texts_) files.push_back({"m", path});
    return files;
  }
};

TEST_F(PlanRepairTest, NothingToDoIsAnEmptyPlan) {
  EXPECT_THAT(Plan()->steps, IsEmpty()) << "without a table";
  File("V1__a.sql", "select 1;");
  Row("1", "V1__a.sql");
  EXPECT_THAT(Plan()->steps, IsEmpty());
}

TEST_F(PlanRepairTest, EveryRowWithoutSuccessGoesAlsoAboveTheFiles) {
  File("V1__a.sql", "select 1;");
  File("V2__b.sql", "vacuum;");
  Row("1", "V1__a.sql");
  Row("2", "V2__b.sql", false);
  Row("9", "V9__future.sql", false);
  const auto plan = Plan();
  EXPECT_THAT(Words(plan), ElementsAre("REMOVE V2 #2", "REMOVE V9 #3"));
  EXPECT_THAT(plan->removed_ranks, ElementsAre(2, 3));
}

TEST_F(PlanRepairTest, MissingOnesAreDeletedFutureOnesAreNot) {
  File("V3__c.sql", "select 3;");
  Row("1", "V1__a.sql").checksum = 11;
  Row("2", "V2__b.sql", false);
  Row("3", "V3__c.sql");
  Row(nullptr, "R__gone.sql").checksum = 5;
  Row("4", "V4__future.sql").checksum = 44;
  const auto plan = Plan();
  EXPECT_THAT(Words(plan), ElementsAre("REMOVE V2 #2", "DELETE V1 #6", "DELETE R__gone #7"));
  HistoryRow expected = history_.rows[0];
  expected.installed_rank = 6;
  expected.type = HistoryType::kDelete;
  EXPECT_EQ(plan->deletions[0], expected);

  // Repeated: the rows are there, nothing is left to do.
  history_.rows.erase(history_.rows.begin() + 1);
  for (const HistoryRow& row : plan->deletions) history_.rows.push_back(row);
  EXPECT_THAT(Plan()->steps, IsEmpty());
}

TEST_F(PlanRepairTest, VersionedOnesTakeOverWhatTheirFileSays) {
  File("V1__new_name.sql", "select 1;");
  File("V2__b.sql", "select 2;");
  File("B3__b.sql", "select 3;");
  Row("1", "V1__new_name.sql").checksum = 7;
  history_.rows[0].description = "old name";
  history_.rows[0].script = "V1__old_name.sql";
  Row("2", "V2__b.sql").type = HistoryType::kJdbc;
  Row("3", "B3__b.sql").type = HistoryType::kSqlBaseline;
  history_.rows[2].checksum.reset();
  const auto plan = Plan();
  EXPECT_THAT(Words(plan), ElementsAre("ALIGN V1 #1", "ALIGN V2 #2", "ALIGN B3 #3"));
  EXPECT_EQ(plan->alignments[0],
            (RowAlignment{1, "new name", HistoryType::kSql, ScriptChecksum("select 1;")}));
  EXPECT_EQ(plan->steps[0].detail, absl::StrCat("checksum 7 to ", ScriptChecksum("select 1;"),
                                                ", description \"old name\" to \"new name\""));
  EXPECT_EQ(plan->steps[1].detail, "type JDBC to SQL");
  EXPECT_EQ(plan->alignments[2].type, HistoryType::kSqlBaseline);
}

TEST_F(PlanRepairTest, DeletedAndIgnoredOnesStay) {
  File("V1__a.sql", "select 1;");
  Row("1", "V1__a.sql").checksum = 7;
  history_.rows.push_back(DeletionOf(history_.rows[0], 2));
  EXPECT_THAT(Plan()->steps, IsEmpty());
}

TEST_F(PlanRepairTest, ARepeatableIsAlignedOnlyFromItsRawChecksum) {
  File("R__v.sql", "select 1;");
  Row(nullptr, "R__v.sql").checksum = 7;
  raw_checksum_ = 8;
  EXPECT_THAT(Plan()->steps, IsEmpty()) << "it changed and is to be applied again";
  raw_checksum_ = 7;
  EXPECT_THAT(Words(Plan()), ElementsAre("ALIGN R__v@1 #1"));
  history_.rows[0].checksum.reset();
  EXPECT_THAT(Plan()->steps, IsEmpty());
}

TEST_F(PlanRepairTest, M4InvalidIndexesOfRemovedRowsAreDropped) {
  File("V1__a.sql", "create index concurrently \"T_i\" on orders (i);");
  File("V2__b.sql", "reindex schema public;");
  File("V3__c.sql", "create index concurrently z on payments (i);");
  const std::vector<InvalidIndex> all = {{"public", "T_i", "orders"},
                                         {"public", "other", "orders"},
                                         {"public", "x_ccnew", "customers"},
                                         {"public", "z", "payments"}};
  Row("1", "V1__a.sql", false);
  Row("3", "V3__c.sql");
  const auto plan = Plan(all);
  EXPECT_THAT(Words(plan), ElementsAre("REMOVE V1 #1", "DROP V1 #0", "DROP V1 #0"));
  EXPECT_THAT(plan->dropped_indexes, ElementsAre(all[0], all[1]));
  EXPECT_EQ(plan->steps[1].detail, "public.T_i on orders");
  Row("2", "V2__b.sql", false);
  EXPECT_THAT(Plan(all)->dropped_indexes, ElementsAre(all[0], all[1], all[2]));
  EXPECT_THAT(Plan()->dropped_indexes, IsEmpty()) << "not asked for";
}

TEST_F(PlanRepairTest, ARowWhoseFileIsGoneOrBrokenOwnsNoIndex) {
  File("V2__b.sql", "select '");
  Row("1", "V1__a.sql", false);
  Row("2", "V2__b.sql", false);
  const auto plan = Plan({{"public", "i", "t"}});
  EXPECT_THAT(Words(plan), ElementsAre("REMOVE V1 #1", "REMOVE V2 #2"));
  for (const RunStep& step : plan->steps) EXPECT_NE(step.detail, "");
}

TEST_F(PlanRepairTest, FilesThatCannotBeUsedAreRefused) {
  File("notes.sql", "");
  EXPECT_THAT(Plan(),
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidName));
}

}  // namespace
}  // namespace storefront::migrator
