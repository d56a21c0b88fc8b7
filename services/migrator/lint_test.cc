// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/fake_lint_catalog.h"
#include "services/migrator/fake_migration_database.h"
#include "services/migrator/fake_script_source.h"
#include "services/migrator/migrate_plan.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeLintCatalogReader final : public LintCatalogReader {
 public:
  absl::StatusOr<LintCatalog> Read(const LintCatalogRequest&) override {
    if (!error.ok()) return error;
    return TestLintCatalog();
  }
  absl::Status error;
};

class LinterTest : public ::testing::Test {
 protected:
  // Files whose name is in `applied` have their row already.
  void Start(const std::map<std::string, std::string>& files,
             const std::vector<std::string>& applied = {}) {
    source_ = std::make_unique<FakeScriptSource>(files);
    scripts_ =
        std::make_unique<ScriptCatalog>(*source_, parser_, placeholders_, clock_, CatalogOptions{});
    linter_ = std::make_unique<Linter>(*scripts_, history_, reader_,
                                       LinterOptions{.lint = {.large_table_rows = 100'000},
                                                     .max_text_bytes = 1000,
                                                     .on_finding = [this](absl::string_view rule) {
                                                       ++counted_[std::string(rule)];
                                                     }});
    History history{.exists = true};
    for (const std::string& file : applied) {
      const Script script{
          ParseScriptName(file).value(), {"m", file}, ScriptChecksum(files.at(file))};
      PreparedScript prepared{.script = script};
      HistoryRow row = RowOf(prepared);
      row.installed_rank = static_cast<int>(history.rows.size()) + 1;
      row.success = true;
      history.rows.push_back(row);
    }
    history_.SetHistory(history);
  }

  // "V1 rule" of each finding.
  std::vector<std::string> Lint(const LintRequest& request) {
    const auto report = linter_->Lint(request);
    if (!report.ok()) return {std::string(status::ReasonName(status::ReasonOf(report.status())))};
    std::vector<std::string> found;
    for (const LintFinding& each : report->findings) {
      found.push_back(absl::StrCat(each.migration, " ", each.rule));
    }
    return found;
  }

  testing::FakeClock clock_;
  PgQueryStatementParser parser_;
  Placeholders placeholders_ = Placeholders::Make({.secrets = {{"password", "hunter2"}}}).value();
  FakeMigrationDatabase history_;
  FakeLintCatalogReader reader_;
  std::unique_ptr<FakeScriptSource> source_;
  std::unique_ptr<ScriptCatalog> scripts_;
  std::unique_ptr<Linter> linter_;
  std::map<std::string, int> counted_;
};

TEST_F(LinterTest, PendingScriptsUnlessAskedForMore) {
  Start({{"V1__a.sql", "drop table t"}, {"V2__b.sql", "alter table u drop column a"}},
        {"V1__a.sql"});
  EXPECT_THAT(Lint({}), ElementsAre("V2 ban-drop-column"));
  EXPECT_THAT(Lint({.include_applied = true}),
              ElementsAre("V1 ban-drop-table", "V2 ban-drop-column"));
  EXPECT_THAT(Lint({.migrations = {"V1"}}), ElementsAre("V1 ban-drop-table"));
  EXPECT_EQ(linter_->Lint({})->script_count, 1U);
}

TEST_F(LinterTest, FindingsAreCounted) {
  Start({{"V1__a.sql", "drop table t; drop table u;"}});
  Lint({});
  EXPECT_EQ(counted_["ban-drop-table"], 2);
}

TEST_F(LinterTest, OneScriptIsJudgedAfterThoseBeforeIt) {
  Start({{"V1__a.sql", "alter publication p add table t"},
         {"V2__b.sql", "truncate t"},
         {"V3__c.sql", "truncate u"}});
  EXPECT_THAT(Lint({.migrations = {"V2"}}), ElementsAre("V2 cdc-truncate"));
}

TEST_F(LinterTest, AppliedScriptsBeginWithAnEmptyDatabase) {
  // The live catalog has shop.orders in a publication; when V1 ran there was nothing yet.
  Start({{"V1__a.sql", "alter table shop.orders drop column a"}}, {"V1__a.sql"});
  EXPECT_THAT(Lint({.include_applied = true}), ElementsAre("V1 ban-drop-column"));
}

TEST_F(LinterTest, ATextComesAfterWhatIsPending) {
  Start({{"V1__a.sql", "alter publication p add table t"}});
  EXPECT_THAT(Lint({.text = "truncate t"}), ElementsAre(" cdc-truncate"));
  EXPECT_THAT(Lint({.text = "select '${password}'", .script = "R__r.sql"}),
              ElementsAre(" secret-in-repeatable"));
  const auto report = linter_->Lint({.text = "drop table t"});
  ASSERT_THAT(report, testing::IsOk());
  EXPECT_EQ(report->findings.at(0).script, "V0__text.sql");
  EXPECT_EQ(report->script_count, 1U);
  const auto draft = linter_->Lint({.text = "drop table t", .script = "drafts/change.sql"});
  ASSERT_THAT(draft, testing::IsOk());
  EXPECT_EQ(draft->findings.at(0).script, "drafts/change.sql") << "it is no migration yet";
}

TEST_F(LinterTest, ATextThatCannotBeSplitIsTheRequestsFault) {
  Start({});
  for (const LintRequest& request :
       {LintRequest{.text = "select 'a"}, LintRequest{.text = "select ${nothing}"}}) {
    const auto report = linter_->Lint(request);
    EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status::DetailsOf(report.status()).fields.at(0).field, "text");
  }
  EXPECT_THAT(linter_->Lint({.text = std::string(1001, ' ')}),
              testing::HasReason(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded));
  EXPECT_THAT(linter_->Lint({.migrations = {"V1"}, .text = "a"}),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST_F(LinterTest, ScriptsThatCannotBeJudgedAreAnErrorOnlyWhenTheyAreWanted) {
  Start({{"V1__a.sql", "select 'open"}, {"V2__b.sql", "drop table t"}});
  EXPECT_THAT(Lint({}), ElementsAre("INVALID_SCRIPT"));
  EXPECT_THAT(Lint({.migrations = {"V2"}}), ElementsAre("V2 ban-drop-table"));
  EXPECT_THAT(Lint({.text = "drop table t"}), ElementsAre(" ban-drop-table"));
}

TEST_F(LinterTest, AMixedScriptIsRefused) {
  Start({{"V1__a.sql", "select 1; create index concurrently if not exists i on t (a)"}});
  EXPECT_THAT(Lint({}), ElementsAre("MIXED_SCRIPT"));
}

TEST_F(LinterTest, UnknownMigrationsAndALostDatabase) {
  Start({{"V1__a.sql", "drop table t"}});
  EXPECT_THAT(Lint({.migrations = {"V9"}}), ElementsAre("RESOURCE_NOT_FOUND"));
  reader_.error = status::Error({.code = absl::StatusCode::kUnavailable,
                                 .reason = Reason::kBackendUnavailable,
                                 .message = "away"});
  EXPECT_THAT(Lint({}), ElementsAre("BACKEND_UNAVAILABLE"));
}

TEST_F(LinterTest, AsTheJudgeOfARun) {
  Start({{"V1__a.sql", "create table n (a text)"}, {"V2__b.sql", "create index i on n (a)"}});
  const auto set = scripts_->Load({}).value();
  const auto first = scripts_->Prepare(set.versioned[0], {}).value();
  const auto second = scripts_->Prepare(set.versioned[1], {}).value();
  const auto judged = linter_->Judge({.scripts = {&first, &second}});
  ASSERT_THAT(judged, testing::IsOk());
  ASSERT_EQ(judged->size(), 1U);
  EXPECT_EQ(judged->at(0).migration, "V2");
  // In one transaction the table is still new.
  EXPECT_THAT(linter_->Judge({.scripts = {&first, &second}, .one_transaction = true}),
              testing::IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(linter_->Judge({}), testing::IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace storefront::migrator
