// SPDX-License-Identifier: Apache-2.0
#include "cli/patience.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::cli {

absl::StatusOr<Patience> Patience::Of(Session& session, const Inputs& inputs) {
  if (!inputs.IsOn("wait")) return Patience(session, absl::ZeroDuration());
  ASSIGN_OR_RETURN(const absl::Duration limit, inputs.Time("wait-timeout", absl::Minutes(2)));
  return Patience(session, limit);
}

Patience::Patience(Session& session, absl::Duration limit)
    : session_(&session), limit_(limit), start_(session.clock().Steady()) {}

absl::Duration Patience::Left() const { return limit_ - (session_->clock().Steady() - start_); }

absl::Duration Patience::CallTimeout() const {
  if (limit_ == absl::ZeroDuration()) return session_->timeout();
  return std::clamp(Left(), absl::Duration(absl::Milliseconds(100)), session_->timeout());
}

absl::StatusOr<ExitCode> Patience::Until(const std::function<bool(const absl::Status&)>& is_early,
                                         const std::function<absl::StatusOr<ExitCode>()>& attempt) {
  absl::Duration wait = absl::Milliseconds(200);
  while (true) {
    const absl::StatusOr<ExitCode> result = attempt();
    if (result.ok() || !is_early(result.status()) || limit_ == absl::ZeroDuration()) return result;
    if (Left() <= wait || session_->stop().stop_requested()) {
      if (result.status().code() == absl::StatusCode::kUnavailable) return result;
      status::ErrorSpec spec = status::DetailsOf(result.status());
      spec.code = absl::StatusCode::kDeadlineExceeded;
      spec.message =
          absl::StrCat("Waited ", absl::FormatDuration(limit_), " in vain: ", spec.message);
      return status::Error(std::move(spec));
    }
    Tell(result.status());
    session_->clock().WaitFor(wait, session_->stop());
    wait = std::min(wait * 2, absl::Duration(absl::Seconds(2)));
  }
}

void Patience::Tell(const absl::Status& status) {
  const clock::SteadyTime now = session_->clock().Steady();
  const std::string text(status.message());
  if (text == told_ && now - told_at_ < absl::Seconds(10)) return;
  told_ = text;
  told_at_ = now;
  session_->Note(absl::StrCat("waiting: ", text));
}

}  // namespace storefront::cli
