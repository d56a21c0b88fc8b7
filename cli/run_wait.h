// Following a run to its end, through lost connections and restarts of its service.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/run_kind.h"
#include "cli/session.h"

namespace storefront::cli {

struct FollowOptions {
  absl::Duration timeout = absl::InfiniteDuration();
  // Ctrl-C asks the service to cancel the run; otherwise the run goes on and Ctrl-C says how to
  // come back to it.
  bool cancel_on_interrupt = false;
  // How long a service may be away before the wait is given up.
  absl::Duration away_max = absl::Minutes(2);
  // How long an INTERRUPTED run may take to go on by itself.
  absl::Duration resume_wait = absl::Seconds(15);
};

// Follows the run named `name` by its watch method, shows progress on stderr and gives its last
// state. Each lost stream is opened again after the last sequence seen.
// Errors: DEADLINE_EXCEEDED DEADLINE_PASSED when `timeout` passed (with the last state);
// UNAVAILABLE when the service stayed away; CANCELLED CALL_CANCELLED after Ctrl-C.
absl::StatusOr<Document> FollowRun(Session& session, const RunKind& kind, const std::string& name,
                                   const FollowOptions& options);

// OK for a run that succeeded; else its own error, or one that tells its state.
absl::Status OutcomeOf(const Document& run);

}  // namespace storefront::cli
