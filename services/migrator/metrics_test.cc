// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/metrics.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <string>

namespace storefront::migrator {
namespace {

class MetricsTest : public ::testing::Test {
 protected:
  // The line of a sample, as Prometheus reads it; empty when there is none.
  std::string Sample(const std::string& name) const {
    const std::string text = "\n" + prometheus::TextSerializer().Serialize(registry_.Collect());
    const size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) return "";
    const size_t begin = at + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  prometheus::Registry registry_;
  Metrics metrics_{registry_};
};

TEST_F(MetricsTest, RunsAreCountedByKindAndState) {
  migrator::Run run{.kind = RunKind::kUndo};
  run.state = RunState::kSucceeded;
  run.start_time = absl::UnixEpoch();
  run.end_time = run.start_time + absl::Seconds(2);
  run.lock_wait = absl::Milliseconds(100);
  metrics_.CountRun(run);
  metrics_.CountRun(run);
  run.state = RunState::kFailed;
  metrics_.CountRun(run);
  const std::string name = "storefront_migrator_runs_total{kind=\"undo\",state=";
  EXPECT_EQ(Sample(name + "\"SUCCEEDED\"}"), "2");
  EXPECT_EQ(Sample(name + "\"FAILED\"}"), "1");
  EXPECT_EQ(Sample("storefront_migrator_run_seconds_sum{kind=\"undo\"}"), "6");
  EXPECT_EQ(Sample("storefront_migrator_lock_wait_seconds_bucket{le=\"0.05\"}"), "0");
  EXPECT_EQ(Sample("storefront_migrator_lock_wait_seconds_bucket{le=\"0.25\"}"), "3");
}

TEST_F(MetricsTest, FindingsAreCountedByRule) {
  metrics_.CountLintFinding("ban-drop-table");
  metrics_.CountLintFinding("ban-drop-table");
  EXPECT_EQ(Sample("storefront_migrator_lint_findings_total{rule=\"ban-drop-table\"}"), "2");
}

TEST_F(MetricsTest, HistoryIsShownAsItIsNow) {
  History history{.exists = true};
  history.rows = {HistoryRow{.installed_rank = 1, .success = true},
                  HistoryRow{.installed_rank = 4, .success = false}};
  metrics_.ShowHistory(history);
  EXPECT_EQ(Sample("storefront_migrator_current_rank"), "4");
  EXPECT_EQ(Sample("storefront_migrator_migrations_failed"), "1");
  metrics_.ShowHistory({});
  EXPECT_EQ(Sample("storefront_migrator_current_rank"), "0");
  EXPECT_EQ(Sample("storefront_migrator_migrations_failed"), "0");
}

TEST_F(MetricsTest, PendingIsUnknownWhileFilesCannotBeUsed) {
  metrics_.ShowPending(3);
  EXPECT_EQ(Sample("storefront_migrator_migrations_pending"), "3");
  metrics_.ShowPending(std::nullopt);
  EXPECT_EQ(Sample("storefront_migrator_migrations_pending"), "Nan");
}

}  // namespace
}  // namespace storefront::migrator
