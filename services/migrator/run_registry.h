// Runs: one active at most in this process, the ended ones kept for readers, the newest in memory
// and all of them in the store.
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
#include "services/migrator/run_recorder.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

struct RunRegistryOptions {
  size_t event_buffer = 10'000;
  size_t runs_kept = 20;      // in memory
  RunStore* store = nullptr;  // without one, what is no longer in memory is gone
  RunRecorderOptions recorder = {};
  uint64_t id_seed = 0;  // makes ids of two processes differ
  // On the run's thread, before anybody sees the end; the recorder writes the end meanwhile.
  std::function<void(const Run&)> before_end = [](const Run&) {};
  std::function<void(const Run&)> on_end = [](const Run&) {};
};

// Errors of methods that read the store, for what is not in memory: those of RunStore.
//
// Thread-safety: all methods. Lifetime: the store outlives it.
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
    Slot(RunRegistry& registry, RunOrigin origin)
        : registry_(&registry), origin_(std::move(origin)) {}
    Slot(Slot&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)), origin_(std::move(other.origin_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class RunRegistry;
    RunRegistry* registry_;
    RunOrigin origin_;
  };

  // The run that this request started before, in this process or an earlier one. Nothing when there
  // is none; ALREADY_EXISTS REQUEST_ID_REUSED when the id belongs to another request.
  absl::StatusOr<std::optional<Run>> FindRequest(const RunOrigin& origin);

  // ABORTED RUN_ACTIVE names the run under way; UNAVAILABLE SHUTTING_DOWN after Stop().
  absl::StatusOr<Slot> Reserve(RunOrigin origin = {});

  // Keeps the run, starts `body` on a thread of its own and returns the run as it was created. An
  // error means that nothing was started: a run that cannot be kept is none.
  absl::StatusOr<Run> Start(Slot slot, RunKind kind, std::string target, std::vector<RunStep> steps,
                            Body body);

  // Keeps a run that takes no time: `body` ends it before this returns, and it is written once. An
  // error means that there is no such run.
  absl::StatusOr<Run> Record(Slot slot, RunKind kind, std::string target,
                             const std::function<void(RunJournal&)>& body);

  // The run as it stands. NOT_FOUND RESOURCE_NOT_FOUND.
  absl::StatusOr<Run> Get(absl::string_view id);

  // The same, to be watched; of another process's run a copy that follows it.
  absl::StatusOr<std::shared_ptr<RunJournal>> Find(absl::string_view id);

  // Newest first; those of the store without steps.
  absl::StatusOr<std::vector<Run>> List();

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
  Run NewRun(RunKind kind, std::string target, std::vector<RunStep> steps);
  void Keep(const std::shared_ptr<RunJournal>& journal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<RunJournal> FindHere(absl::string_view id) const;
  void BeforeEnd(const Run& run);

  clock::Clock& clock_;
  const RunRegistryOptions options_;
  const std::unique_ptr<RunRecorder> recorder_;  // null without a store
  mutable sync::Mutex mutex_;
  std::optional<Active> active_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<RunJournal>> runs_ ABSL_GUARDED_BY(mutex_);  // newest first
  std::thread thread_ ABSL_GUARDED_BY(mutex_);                            // of the run started last
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t id_state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
