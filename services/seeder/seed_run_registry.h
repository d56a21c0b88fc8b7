// All runs: starts them, knows where they stand, and takes them on after a restart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/sync/mutex.h"
#include "libs/sync/published.h"
#include "services/seeder/run_jobs.h"
#include "services/seeder/seed_run.h"

namespace storefront::seeder {

// What all three starts share.
struct StartOptions {
  std::string request_id;      // empty = none
  std::string request_digest;  // of the payload
  bool validate_only = false;
};

struct RunPage {
  std::vector<SeedRun> runs;
  int64_t total = 0;
};

// Thread-safety: all methods.
// Errors, all methods: UNAVAILABLE while the database cannot be reached; RESOURCE_NOT_FOUND for an
// unknown run.
class SeedRunRegistry {
 public:
  SeedRunRegistry(Ports ports, JobOptions options);
  ~SeedRunRegistry();

  // Begins to take on what an earlier process left: its runs become INTERRUPTED and, with
  // auto_resume, go on. Tries again until the database answers.
  void Begin();
  // Ends all work: what is in flight finishes, runs become INTERRUPTED and go on at the next start.
  void Shutdown();

  absl::StatusOr<SeedRun> StartFullLoad(const FullLoadParameters& parameters,
                                        const StartOptions& options);
  absl::StatusOr<SeedRun> StartDeltas(const DeltasParameters& parameters,
                                      const StartOptions& options);
  absl::StatusOr<SeedRun> StartVerify(const VerifyParameters& parameters,
                                      const StartOptions& options);

  absl::StatusOr<SeedRun> Get(absl::string_view name);
  absl::StatusOr<RunPage> List(size_t offset, size_t limit);
  // `etag` empty = not compared.
  absl::StatusOr<SeedRun> ChangeRate(absl::string_view name, double events_per_second,
                                     absl::string_view etag);
  absl::StatusOr<SeedRun> Pause(absl::string_view name);
  absl::StatusOr<SeedRun> Resume(absl::string_view name);
  // Waits up to JobOptions.end_wait for the run to end.
  absl::StatusOr<SeedRun> Stop(absl::string_view name, const std::stop_token& stop);
  absl::StatusOr<SeedRun> Cancel(absl::string_view name, const std::stop_token& stop);

  // Calls `listener` with the present state, then with each change; after the last state of a run
  // no more calls come.
  absl::StatusOr<sync::Subscription> Watch(absl::string_view name,
                                           std::function<void(const SeedRun&)> listener);

 private:
  struct Active;
  using ActivePtr = std::shared_ptr<Active>;

  absl::StatusOr<std::optional<SeedRun>> Repeated(const StartOptions& options);
  absl::Status CheckNoWriter(RunKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ActivePtr Find(int64_t id);
  absl::StatusOr<SeedRun> Launch(SeedRun run, bool stored) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<SeedRun> ResumeStored(SeedRun run);
  absl::StatusOr<SeedRun> End(absl::string_view name, RunControl::Wish wish,
                              const std::stop_token& stop);

  void Work(const ActivePtr& active);
  absl::Status Perform(Active& active, bool* complete);
  absl::Status PrepareDeltas(Active& active);
  void Finish(Active& active, const absl::Status& result, bool complete);
  void Publish(Active& active);
  absl::Status TakeOn();

  const Ports ports_;
  const JobOptions options_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::map<int64_t, ActivePtr> active_ ABSL_GUARDED_BY(mutex_);  // of this process, ended ones too
  bool shutting_down_ ABSL_GUARDED_BY(mutex_) = false;
  // Before mutex_. No run of this process writes while an earlier one's are taken on.
  sync::Mutex take_on_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  bool taken_on_ ABSL_GUARDED_BY(take_on_mutex_) = false;
  std::jthread begin_;
};

}  // namespace storefront::seeder
