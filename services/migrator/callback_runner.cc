// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/callback_runner.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/backoff.h"
#include "services/migrator/lock_keeper.h"

namespace storefront::migrator {
namespace {

// A callback leaves no row that could settle a commit in doubt.
absl::Status Unknown(const absl::Status& lost, const std::string& path) {
  status::ErrorSpec spec = status::DetailsOf(lost);
  spec.code = absl::StatusCode::kUnavailable;
  spec.reason = status::Reason::kBackendUnavailable;
  spec.message = absl::StrCat("The connection to Postgres was lost while the callback ", path,
                              " ran; whether it took effect is unknown.");
  spec.metadata["backend"] = "postgres";
  spec.metadata["file"] = path;
  return status::Error(std::move(spec));
}

absl::Status RunOne(const PreparedScript& script, CallbackEvent event, int lock_retries,
                    MigrationConnection& session, const ScriptJournal::Parts& parts,
                    const std::stop_token& stop) {
  const std::string& path = script.script.file.path;
  parts.journal.Note(RunEvent{
      .type = "callback", .script = path, .message = std::string(CallbackEventName(event))});
  ScriptJournal observer(parts, session.backend_pid(), &script);
  Backoff pause(absl::Milliseconds(500), absl::Seconds(10), parts.clock);
  for (int retries = 0;; ++retries) {
    const absl::Status ran =
        script.transactional
            ? session.RunTransaction({{.script = &script}}, /*durable=*/true, observer, stop)
                  .status()
            : session.RunOutsideTransaction({{.script = &script}}, observer, stop).status();
    if (ran.ok()) return ran;
    if (IsSessionLost(ran)) return Unknown(ran, path);
    if (!script.transactional || retries >= lock_retries || !MayBeRepeated(ran)) {
      return observer.Explain(ran, "");
    }
    const absl::Duration delay = pause.Next();
    parts.journal.Note(RunEvent{.type = "retry",
                                .script = path,
                                .duration = delay,
                                .sqlstate = SqlStateOf(ran),
                                .message = absl::StrCat("attempt ", retries + 2)});
    if (!parts.clock.WaitFor(delay, stop)) return RunCancelled();
  }
}

}  // namespace

absl::Status RunCallbacks(const Callbacks& callbacks, CallbackEvent event, int lock_retries,
                          MigrationConnection& session, const ScriptJournal::Parts& parts,
                          const std::stop_token& stop) {
  for (const auto& script : CallbacksOf(callbacks, event)) {
    if (stop.stop_requested()) return RunCancelled();
    RETURN_IF_ERROR(RunOne(*script, event, lock_retries, session, parts, stop));
  }
  return absl::OkStatus();
}

}  // namespace storefront::migrator
