// How far a run is, as a bar or as a line. Pure but for ProgressDisplay.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/session.h"
#include "cli/view.h"

namespace storefront::cli {

struct RunProgress {
  std::string name;               // "seedRuns/full-12"
  std::string state;              // "RUNNING"
  std::optional<double> percent;  // unknown for a run without an end
  std::string rate;               // "412000 rows/s", "20 events/s"
  std::string eta;                // "12s"
  std::string detail;             // "38 of 105 chunks"
  std::string phase;              // "V4__i.sql, building index: scanning table 40 %"
};

// From any run resource of ours: `progress.percent`, or the first pair of counters
// `…Done`/`…Planned` or `…Done`/`…Total` below `progress`, or `summary.applied`/`summary.changes`.
RunProgress ProgressOf(const Document& run);

// What a run's event means to somebody who waits for the run: "V2__x.sql:3: blocked: waits for pid
// 12". Empty for events that the progress shows anyway.
std::string EventLine(const Document& event);

// What a long statement is at, after this event: "V4__i.sql: building index: scanning table 40 %".
// `before` unless the event says otherwise; empty once the statement has ended.
std::string PhaseOf(const Document& event, const std::string& before);

// One line, at most `columns` wide: "RUNNING  [#####-----]  50 %  412000 rows/s  12s left".
std::string ProgressBar(const RunProgress& progress, int columns);

// For logs and pipes: "seedRuns/full-12: RUNNING, 50 %, 412000 rows/s, 12s left".
std::string ProgressLine(const RunProgress& progress);

// Shows progress on stderr: a bar that is drawn over on a terminal (10 times a second at most), a
// line when the state changes and each 10 s elsewhere. Thread-safety: none.
class ProgressDisplay final {
 public:
  explicit ProgressDisplay(Session& session) : session_(session) {}
  ~ProgressDisplay() { Clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void Show(const RunProgress& progress);
  // Takes the bar away, so that other lines can be printed.
  void Clear();

 private:
  Session& session_;
  std::optional<clock::SteadyTime> last_;
  std::string last_state_;
  bool drawn_ = false;
};

}  // namespace storefront::cli
