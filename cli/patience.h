// Trying again while a stack is still starting, up to a limit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/command.h"
#include "cli/session.h"

namespace storefront::cli {

class Patience final {
 public:
  // With --wait: --wait-timeout, or 2 min. Without: one attempt.
  static absl::StatusOr<Patience> Of(Session& session, const Inputs& inputs);

  Patience(Session& session, absl::Duration limit);

  absl::Duration Left() const;
  bool IsOver() const { return Left() <= absl::ZeroDuration(); }

  // For one call: what is left, at most the setting `timeout`.
  absl::Duration CallTimeout() const;

  // Runs `attempt` until it succeeds, fails in a way that `is_early` does not know, or the time is
  // over; waits 200 ms to 2 s between attempts. Tells the reason at first, when it changes, and
  // each 10 s. Over: the last error, or DEADLINE_EXCEEDED with it when that is not about a missing
  // service.
  absl::StatusOr<ExitCode> Until(const std::function<bool(const absl::Status&)>& is_early,
                                 const std::function<absl::StatusOr<ExitCode>()>& attempt);

 private:
  void Tell(const absl::Status& status);

  Session* session_;
  absl::Duration limit_;
  clock::SteadyTime start_;
  clock::SteadyTime told_at_;
  std::string told_;
};

}  // namespace storefront::cli
