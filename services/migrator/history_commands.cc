// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/history_commands.h"

#include <utility>

#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/baseline_command.h"
#include "services/migrator/clean_command.h"
#include "services/migrator/command_executor.h"
#include "services/migrator/repair_command.h"
#include "services/migrator/undo_command.h"

namespace storefront::migrator {

using status::Reason;

HistoryCommands::HistoryCommands(ExecutorParts parts, RunRegistry& runs,
                                 HistoryCommandOptions options)
    : parts_(parts), runs_(runs), options_(std::move(options)) {}

absl::StatusOr<Run> HistoryCommands::Start(std::unique_ptr<HistoryCommand> command,
                                           CommandStart start) {
  const RunKind kind = command->kind();
  auto executor = std::make_shared<CommandExecutor>(parts_, options_.limits, options_.lock_wait,
                                                    std::move(command));
  if (start.validate_only) {
    RETURN_IF_ERROR(executor->PlanOnly());
    Run run{.kind = kind, .steps = executor->command().steps(), .target = start.target};
    run.create_time = run.start_time = run.end_time = absl::InfinitePast();
    run.initial_version = executor->initial_version();
    return run;
  }
  ASSIGN_OR_RETURN(const std::optional<Run> known, runs_.FindRequest(start.origin));
  if (known) return *known;
  ASSIGN_OR_RETURN(RunRegistry::Slot slot, runs_.Reserve(std::move(start.origin)));
  RETURN_IF_ERROR(executor->Prepare(start.confirmation));
  return runs_.Start(std::move(slot), kind, std::move(start.target), executor->command().steps(),
                     [executor](RunJournal& journal, const std::stop_token& stop) {
                       executor->Execute(journal, stop);
                     });
}

absl::StatusOr<Run> HistoryCommands::Baseline(const BaselineChoice& choice) {
  BaselineMark mark = options_.baseline;
  if (!choice.version.empty()) {
    auto version = Version::Parse(choice.version);
    if (!version.ok()) return status::InvalidField("version", version.status().message());
    mark.version = *std::move(version);
  }
  if (!choice.description.empty()) mark.description = choice.description;
  return Start(
      std::make_unique<BaselineCommand>(std::move(mark)),
      {.validate_only = choice.validate_only, .target = choice.version, .origin = choice.origin});
}

absl::StatusOr<Run> HistoryCommands::Repair(const RepairChoice& choice) {
  return Start(std::make_unique<RepairCommand>(parts_.catalog, choice.drop_invalid_indexes),
               {.validate_only = choice.validate_only, .origin = choice.origin});
}

absl::StatusOr<Run> HistoryCommands::Undo(const UndoChoice& choice) {
  ASSIGN_OR_RETURN(UndoTarget target, UndoTarget::Parse(choice.target));
  return Start(std::make_unique<UndoCommand>(parts_.catalog, std::move(target)),
               {.validate_only = choice.validate_only,
                .confirmation = choice.confirmation,
                .target = choice.target,
                .origin = choice.origin});
}

absl::StatusOr<Run> HistoryCommands::Clean(const CleanChoice& choice) {
  if (!options_.clean_enabled) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = Reason::kCleanDisabled,
                          .message = "The setting clean_enabled is off, so nothing is dropped."});
  }
  return Start(std::make_unique<CleanCommand>(), {.validate_only = choice.validate_only,
                                                  .confirmation = choice.confirmation,
                                                  .origin = choice.origin});
}

absl::StatusOr<LockHolder> HistoryCommands::ForceUnlock(const ForceUnlockChoice& choice) {
  ASSIGN_OR_RETURN(const ServerFacts facts, parts_.onlooker.Facts());
  RETURN_IF_ERROR(CheckConfirmation(facts, choice.confirmation));
  return parts_.onlooker.EndLockHolder(choice.pid, choice.backend_start);
}

}  // namespace storefront::migrator
