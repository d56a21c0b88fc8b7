// Where runs outlive their process: what they did, the texts they applied.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// The call that asked for a run. Both empty when it gave no id.
struct RunOrigin {
  std::string request_id;  // with method and caller, so that ids of two callers differ
  std::string digest;      // of the whole request
};

// A change of a run that is to be kept.
struct RunRecord {
  Run run;
  bool with_steps = true;  // false: those that are kept stay
  std::vector<RunEvent> events;
  std::vector<AppliedText> applied;
  size_t keep_events = 10'000;  // of a run that has ended: about so many of the newest stay
  RunOrigin origin = {};        // of a run that is not kept yet
};

struct KnownRequest {
  std::string run_id;
  std::string digest;
};

// Each object of this class is the owner of the runs that it creates. A run whose owner is gone and
// that has no final state reads as INTERRUPTED, for everybody, at once: the owner holds a session
// of the database for as long as it lives, and the server gives up on the session of a machine that
// vanished within half a minute. No clock is compared. An owner that lost its session for a moment
// takes it again with its next call; what was read as INTERRUPTED meanwhile is then RUNNING again.
//
// Thread-safety: all methods; they take turns.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE; FAILED_PRECONDITION SIDE_SCHEMA_DENIED when
// the role may neither use nor create the tables, READ_ONLY_SERVER on a standby. Reading where
// nothing was ever written finds nothing and creates nothing.
class RunStore {
 public:
  virtual ~RunStore() = default;

  // Keeps a new run. The first write makes the tables if they are missing.
  virtual absl::Status Create(const Run& run, const RunOrigin& origin) = 0;

  // Keeps how the run stands, and adds events and texts, all or nothing; a run that is not kept yet
  // is from here on. Repeat: changes nothing.
  virtual absl::Status Save(const RunRecord& record) = 0;

  // Newest first, without steps.
  virtual absl::StatusOr<std::vector<Run>> List(size_t count) = 0;

  // Nothing when it is not kept.
  virtual absl::StatusOr<std::optional<Run>> Get(absl::string_view id) = 0;

  // Events of the run after this sequence, oldest first; the newest `count`.
  virtual absl::StatusOr<std::vector<RunEvent>> Events(absl::string_view id, int64_t after_sequence,
                                                       size_t count) = 0;

  virtual absl::StatusOr<std::optional<KnownRequest>> FindRequest(absl::string_view request_id) = 0;

  // Gives runs whose owner is gone their final state, and an event that says so. Returns how many.
  virtual absl::StatusOr<int> InterruptOrphans() = 0;

  // Forgets runs that ended longer ago, with their events. Which text was applied stays.
  virtual absl::StatusOr<int> Forget(absl::Duration older_than) = 0;
};

}  // namespace storefront::migrator
