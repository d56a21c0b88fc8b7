// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/metrics.h"

#include <algorithm>
#include <limits>
#include <string>

namespace storefront::migrator {
namespace {

prometheus::Gauge& MakeGauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry)
    : runs_total_(prometheus::BuildCounter()
                      .Name("storefront_migrator_runs_total")
                      .Help("Runs that ended, by kind and state.")
                      .Register(registry)),
      run_seconds_(prometheus::BuildHistogram()
                       .Name("storefront_migrator_run_seconds")
                       .Help("How long runs took.")
                       .Register(registry)),
      lint_findings_(prometheus::BuildCounter()
                         .Name("storefront_migrator_lint_findings_total")
                         .Help("Findings of lint, by rule.")
                         .Register(registry)),
      lock_wait_seconds_(
          prometheus::BuildHistogram()
              .Name("storefront_migrator_lock_wait_seconds")
              .Help("How long runs waited for the history lock.")
              .Register(registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.01, 0.05, 0.25, 1, 5, 30, 120, 600,
                                                               3600})),
      pending_(MakeGauge(registry, "storefront_migrator_migrations_pending",
                         "Migrations that a run would apply now; NaN while files or history "
                         "cannot be used.")),
      failed_(MakeGauge(registry, "storefront_migrator_migrations_failed",
                        "History rows without success.")),
      current_rank_(
          MakeGauge(registry, "storefront_migrator_current_rank", "Highest installed rank.")) {}

void Metrics::CountRun(const Run& run) {
  const std::string kind(RunKindName(run.kind));
  runs_total_.Add({{"kind", kind}, {"state", std::string(RunStateName(run.state))}}).Increment();
  run_seconds_
      .Add({{"kind", kind}},
           prometheus::Histogram::BucketBoundaries{0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600})
      .Observe(absl::ToDoubleSeconds(run.end_time - run.start_time));
  lock_wait_seconds_.Observe(absl::ToDoubleSeconds(run.lock_wait));
}

void Metrics::CountLintFinding(absl::string_view rule) {
  lint_findings_.Add({{"rule", std::string(rule)}}).Increment();
}

void Metrics::ShowHistory(const History& history) {
  failed_.Set(
      static_cast<double>(std::count_if(history.rows.begin(), history.rows.end(),
                                        [](const HistoryRow& row) { return !row.success; })));
  current_rank_.Set(NextRank(history) - 1);
}

void Metrics::ShowPending(std::optional<size_t> pending) {
  pending_.Set(pending ? static_cast<double>(*pending) : std::numeric_limits<double>::quiet_NaN());
}

}  // namespace storefront::migrator
