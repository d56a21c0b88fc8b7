// The runs of this process: one active at most, the ended ones kept for readers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

struct RunRegistryOptions {
  size_t event_buffer = 10'000;
  size_t runs_kept = 1000;
  uint64_t id_seed = 0;  // makes ids of two processes differ
  std::function<void(const Run&)> on_end = [](const Run&) {};
};

// Thread-safety: all methods.
class RunRegistry {
 public:
  using Body = std::function<void(RunJournal&, const std::stop_token&)>;

  RunRegistry(clock::Clock& clock, RunRegistryOptions options);
  ~RunRegistry();
  RunRegistry(const RunRegistry&) = delete;
  RunRegistry& operator=(const RunRegistry&) = delete;

  // The right to start the next run; given back when it is dropped unused.
  class Slot {
   public:
    explicit Slot(RunRegistry& registry) : registry_(&registry) {}
    Slot(Slot&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class RunRegistry;
    RunRegistry* registry_;
  };

  // ABORTED RUN_ACTIVE names the run under way; UNAVAILABLE SHUTTING_DOWN after Stop().
  absl::StatusOr<Slot> Reserve();

  // Starts `body` on a thread of its own and returns the run as it was created.
  Run Start(Slot slot, RunKind kind, std::string target, std::vector<RunStep> steps, Body body);

  // NOT_FOUND RESOURCE_NOT_FOUND.
  absl::StatusOr<std::shared_ptr<RunJournal>> Find(absl::string_view id) const;

  // Newest first.
  std::vector<std::shared_ptr<RunJournal>> List() const;

  // Empty while nothing runs.
  std::string ActiveId() const;

  // Asks the run to stop. Repeat: nothing more. FAILED_PRECONDITION RUN_STATE when it has ended
  // otherwise.
  absl::StatusOr<Run> Cancel(absl::string_view id);

  // Interrupts the active run, waits for its end and refuses new ones.
  void Stop();

 private:
  struct Active {
    std::shared_ptr<RunJournal> journal;  // null while only reserved
    std::stop_source stop;
  };
  std::string MakeId(RunKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  clock::Clock& clock_;
  const RunRegistryOptions options_;
  mutable sync::Mutex mutex_;
  std::optional<Active> active_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<RunJournal>> runs_ ABSL_GUARDED_BY(mutex_);  // newest first
  std::thread thread_ ABSL_GUARDED_BY(mutex_);                            // of the run started last
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t id_state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
