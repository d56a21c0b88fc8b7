// Writes runs into the store behind their backs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/migrator/run.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

struct RunRecorderOptions {
  absl::Duration interval = absl::Milliseconds(500);
  absl::Duration steps_interval = absl::Seconds(2);  // the list is as long as the run has scripts
  absl::Duration retention = absl::Hours(24 * 90);
  size_t event_buffer = 10'000;
  // A failure to write; the same is told once until a write succeeds.
  std::function<void(const absl::Status&)> on_problem = [](const absl::Status&) {};
};

// A run is written when it begins and when it ends, before its caller can see either; between, a
// thread of the recorder looks at it every `interval`. So a run costs two round trips of its own,
// however many scripts it has, and what a killed process leaves is at most one interval old.
//
// While the database is away nothing fails: changes gather, up to the journal's event buffer, and
// are written once it is back.
//
// Thread-safety: all methods. Lifetime: the references outlive it.
class RunRecorder {
 public:
  RunRecorder(RunStore& store, clock::Clock& clock, RunRecorderOptions options);
  ~RunRecorder();
  RunRecorder(const RunRecorder&) = delete;
  RunRecorder& operator=(const RunRecorder&) = delete;

  // Makes the store ready and keeps the run; a failure means that it must not start.
  absl::Status Begin(std::shared_ptr<RunJournal> journal, const RunOrigin& origin);

  // Keeps a run that has ended already, with its events, in one write.
  absl::Status Record(const RunJournal& journal, const RunOrigin& origin);

  // Writes the run as it ends. A failure is not the run's: it is tried again behind its back.
  void End(const Run& run);

  // Keeps a copy of another process's run up to date for as long as somebody has it.
  void Follow(const std::shared_ptr<RunJournal>& copy);

  // Writes what is left, once more, and ends the thread.
  void Stop();

 private:
  struct Recording {
    std::shared_ptr<RunJournal> journal;
    std::string id;
    std::optional<Run> ended;     // as it is to be written; after it nothing changes
    int64_t saved_sequence = -1;  // of the run
    int64_t saved_event = 0;
    clock::SteadyTime steps_saved;
    std::vector<AppliedText> applied;  // taken from the journal, not written yet
  };

  void Work(const std::stop_token& stop);
  absl::Status Save(Recording& recording) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SaveAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tidy();
  void Refresh();

  RunStore& store_;
  clock::Clock& clock_;
  const RunRecorderOptions options_;
  sync::Mutex mutex_;  // held while the store is written to
  std::vector<Recording> recordings_ ABSL_GUARDED_BY(mutex_);
  std::string reported_ ABSL_GUARDED_BY(mutex_);
  sync::Mutex copies_mutex_;
  std::vector<std::weak_ptr<RunJournal>> copies_ ABSL_GUARDED_BY(copies_mutex_);
  // Of the thread.
  clock::SteadyTime refreshed_;
  clock::SteadyTime next_orphans_;  // when orphans are looked for
  absl::Duration orphans_pause_;    // before that
  clock::SteadyTime next_forget_;   // when old runs are forgotten
  std::jthread thread_;
};

}  // namespace storefront::migrator
