// What the migrator counts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <optional>
#include "absl/strings/string_view.h"

#include "services/migrator/history_row.h"
#include "services/migrator/migrator.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// Thread-safety: all methods. Lifetime: the registry outlives it.
class Metrics {
 public:
  explicit Metrics(prometheus::Registry& registry);

  // A run that has ended.
  void CountRun(const Run& run);

  // A finding of lint that was given out.
  void CountLintFinding(absl::string_view rule);

  // current_rank and migrations_failed.
  void ShowHistory(const History& history);

  // migrations_pending; nothing while files or history cannot be used.
  void ShowPending(std::optional<size_t> pending);

 private:
  prometheus::Family<prometheus::Counter>& runs_total_;
  prometheus::Family<prometheus::Histogram>& run_seconds_;
  prometheus::Family<prometheus::Counter>& lint_findings_;
  prometheus::Histogram& lock_wait_seconds_;
  prometheus::Gauge& pending_;
  prometheus::Gauge& failed_;
  prometheus::Gauge& current_rank_;
};

}  // namespace storefront::migrator
