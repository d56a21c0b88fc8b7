// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/progress_board.h"

#include <algorithm>

namespace storefront::seeder {
namespace {

constexpr absl::Duration kRateWindow = absl::Seconds(5);

double RowsPerSecond(int64_t rows, absl::Duration over) {
  const double seconds = absl::ToDoubleSeconds(over);
  return seconds > 0 ? static_cast<double>(rows) / seconds : 0;
}

}  // namespace

void AddRows(Progress& progress, int16_t code, int64_t rows) {
  TableProgress& table = progress.tables[static_cast<Table>(code / 4)];
  switch (static_cast<Operation>(code % 4)) {
    case Operation::kInsert:
      table.inserts += rows;
      break;
    case Operation::kUpdate:
    case Operation::kKeyChange:
      table.updates += rows;
      break;
    case Operation::kDelete:
      table.deletes += rows;
      break;
  }
}

void ProgressBoard::Samples::Add(absl::Duration sample) {
  if (ring_.size() < kSize) {
    ring_.push_back(sample);
  } else {
    ring_[next_] = sample;
    next_ = (next_ + 1) % kSize;
  }
}

Percentiles ProgressBoard::Samples::Read() const {
  if (ring_.empty()) return {};
  std::vector<absl::Duration> sorted = ring_;
  std::sort(sorted.begin(), sorted.end());
  return {.p50 = sorted[sorted.size() / 2], .p99 = sorted[sorted.size() * 99 / 100]};
}

ProgressBoard::ProgressBoard(clock::Clock& clock) : clock_(clock), first_{clock.Steady(), 0} {}

void ProgressBoard::Update(const std::function<void(Progress&)>& change) {
  sync::MutexLock lock(mutex_);
  change(progress_);
}

void ProgressBoard::Committed(const Batch& batch, absl::Duration commit_lag) {
  sync::MutexLock lock(mutex_);
  for (size_t i = 0; i < batch.codes.size(); ++i) {
    AddRows(progress_, batch.codes[i], batch.counts[i]);
  }
  ++progress_.events_done;
  if (batch.substituted) ++progress_.events_substituted;
  progress_.event_number = std::max(progress_.event_number, batch.last_event + 1);
  progress_.business_time = std::max(progress_.business_time.value_or(0), batch.business_time);
  commit_lag_.Add(commit_lag);
}

void ProgressBoard::Sent(absl::Duration schedule_lag) {
  sync::MutexLock lock(mutex_);
  schedule_lag_.Add(schedule_lag);
}

Progress ProgressBoard::Snapshot() {
  sync::MutexLock lock(mutex_);
  const Mark now = {clock_.Steady(), progress_.rows()};
  if (marks_.empty()) first_ = now;  // rows before this process count for no rate
  marks_.push_back(now);
  while (marks_.size() > 2 && now.at - marks_.front().at > kRateWindow) marks_.pop_front();
  progress_.rows_per_second =
      RowsPerSecond(now.rows - marks_.front().rows, now.at - marks_.front().at);
  progress_.mean_rows_per_second = RowsPerSecond(now.rows - first_.rows, now.at - first_.at);
  progress_.schedule_lag = schedule_lag_.Read();
  progress_.commit_lag = commit_lag_.Read();
  int64_t planned = 0;
  for (const auto& [table, counts] : progress_.tables) planned += counts.planned;
  progress_.eta.reset();
  if (planned > 0) {
    progress_.percent = 100.0 * static_cast<double>(now.rows) / static_cast<double>(planned);
    if (progress_.mean_rows_per_second > 0) {
      progress_.eta = absl::Seconds(static_cast<double>(std::max<int64_t>(0, planned - now.rows)) /
                                    progress_.mean_rows_per_second);
    }
  }
  ++progress_.sequence;
  return progress_;
}

}  // namespace storefront::seeder
