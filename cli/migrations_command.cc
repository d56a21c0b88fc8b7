// SPDX-License-Identifier: Apache-2.0
#include "cli/migrations_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "cli/json_message.h"
#include "cli/migration_review.h"
#include "cli/rpc_command.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::cli {
namespace {

using migrator::v1::Drift;
using migrator::v1::ForceUnlockResponse;
using migrator::v1::GetMigrationStatusRequest;
using migrator::v1::LintCounts;
using migrator::v1::LintFinding;
using migrator::v1::LintMigrationsResponse;
using migrator::v1::LockHolder;
using migrator::v1::MigrationPlan;
using migrator::v1::MigrationStatus;
using migrator::v1::ValidateMigrationsResponse;
using migrator::v1::ValidationFinding;

constexpr char kStatus[] = "storefront.migrator.v1.MigratorService.GetMigrationStatus";
constexpr char kPlan[] = "storefront.migrator.v1.MigratorService.PlanMigrations";
constexpr char kValidate[] = "storefront.migrator.v1.MigratorService.ValidateMigrations";
constexpr char kLint[] = "storefront.migrator.v1.MigratorService.LintMigrations";
constexpr char kDrift[] = "storefront.migrator.v1.MigratorService.GetDrift";
constexpr char kUnlock[] = "storefront.migrator.v1.MigratorService.ForceUnlock";

// Tables and programs get the usual forms; `text` is what a person reads instead.
absl::Status PrintReview(Session& session, const google::protobuf::Message& answer,
                         const std::string& text) {
  if (session.format() == Format::kTable) {
    session.terminal().out << text << std::flush;
    return absl::OkStatus();
  }
  const Document document = ToDocument(answer);
  return session.Print(document, ViewFor(answer.GetDescriptor()->full_name(), document));
}

template <typename Answer>
absl::StatusOr<Answer> CallFor(Session& session, const char* method, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const auto request, MakeRequest(session, *RowOf(MethodNamed(method)), inputs));
  ASSIGN_OR_RETURN(const auto answer, CallGathered(session, MethodNamed(method), *request, inputs));
  return static_cast<const Answer&>(*answer);
}

// A word as a shell takes it.
std::string Quoted(const std::string& text) {
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "._-+=:/,") == std::string::npos &&
                 !text.empty()
             ? text
             : absl::StrCat("'", absl::StrReplaceAll(text, {{"'", R"('\'')"}}), "'");
}

// The call that carries out what was shown: the same options, bound to the plan by its hash.
std::string ApplyCommand(const Command& plan, const Inputs& inputs, const std::string& hash) {
  std::string line = absl::StrCat("storefrontctl migrations migrate --wait --plan-hash ", hash);
  for (const Flag& flag : plan.flags) {
    if (flag.name == "exit-code") continue;
    for (const std::string& value : inputs.All(flag.name)) {
      absl::StrAppend(&line, " --", flag.name,
                      flag.value.empty() ? (value == "true" ? "" : "=" + value)
                                         : absl::StrCat(" ", Quoted(value)));
    }
  }
  return line;
}

absl::StatusOr<ExitCode> RunPlan(Session& session, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const auto plan, CallFor<MigrationPlan>(session, kPlan, inputs));
  RETURN_IF_ERROR(PrintReview(session, plan, PlanText(plan, session.color_out())));
  const bool differs =
      !plan.steps().empty() || !plan.schemas_to_create().empty() || plan.baselines_first();
  if (!differs) return ExitCode::kDone;
  if (session.format() == Format::kTable) {
    session.terminal().out << "\nApply exactly this plan:\n  "
                           << ApplyCommand(MigrationsPlanCommand(false), inputs, plan.plan_hash())
                           << "\n"
                           << std::flush;
  }
  return inputs.IsOn("exit-code") ? ExitCode::kDifferences : ExitCode::kDone;
}

absl::StatusOr<std::string> ReadScript(Session& session, const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << session.terminal().in.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored)) {
    return UsageError(absl::StrCat("The file ", path, " cannot be read."));
  }
  text << file.rdbuf();
  return text.str();
}

// Worst severity that is let pass; NOTE - 1 = none.
absl::StatusOr<int> Tolerated(const Inputs& inputs) {
  const std::string wanted = inputs.Text("fail-on", "error");
  if (wanted == "never") return LintFinding::ERROR;
  if (wanted == "error") return LintFinding::WARNING;
  if (wanted == "warning") return LintFinding::NOTE;
  if (wanted == "note") return LintFinding::SEVERITY_UNSPECIFIED;
  return UsageError(
      absl::StrCat("--fail-on: '", wanted, "' is none of error, warning, note, never."));
}

int WorstOf(const LintCounts& counts) {
  if (counts.errors() > 0) return LintFinding::ERROR;
  if (counts.warnings() > 0) return LintFinding::WARNING;
  return counts.notes() > 0 ? LintFinding::NOTE : LintFinding::SEVERITY_UNSPECIFIED;
}

absl::StatusOr<ExitCode> RunLint(Session& session, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const int tolerated, Tolerated(inputs));
  Inputs sent = inputs;
  std::string shown;
  if (!inputs.arguments.empty()) {
    const std::string& path = inputs.arguments[0];
    ASSIGN_OR_RETURN(const std::string text, ReadScript(session, path));
    if (inputs.Has("migrations")) {
      return UsageError("Give a file or --migrations, not both.");
    }
    sent.flags["text"] = {text};
    shown = path == "-" ? "stdin" : path;
    if (path != "-" && !inputs.Has("script")) {
      sent.flags["script"] = {path.substr(path.rfind('/') + 1)};
    }
  }
  ASSIGN_OR_RETURN(const auto answer, CallFor<LintMigrationsResponse>(session, kLint, sent));
  std::string text;
  for (const LintFinding& finding : answer.findings()) {
    absl::StrAppend(&text, FindingText(finding, shown, session.color_out()));
  }
  RETURN_IF_ERROR(PrintReview(session, answer, text));
  session.Note(absl::StrCat(
      answer.script_count(),
      answer.script_count() == 1 ? " script: " : " scripts: ", CountsText(answer.counts()), "."));
  // Also of what --limit leaves out.
  return WorstOf(answer.counts()) > tolerated ? ExitCode::kFailed : ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunValidate(Session& session, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const auto report,
                   CallFor<ValidateMigrationsResponse>(session, kValidate, inputs));
  const Document document = ToDocument(report);
  RETURN_IF_ERROR(session.Print(document, ViewFor(report.GetDescriptor()->full_name(), document)));
  if (!session.ForPrograms()) {
    for (const ValidationFinding& warning : report.warnings()) {
      session.Note(absl::StrCat("warning: ", warning.message()));
    }
    if (report.finding_count() > report.findings_size()) {
      session.Note(absl::StrCat(report.finding_count(), " findings in all."));
    }
  }
  return inputs.IsOn("exit-code") && !report.valid() ? ExitCode::kDifferences : ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunDrift(Session& session, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const auto drift, CallFor<Drift>(session, kDrift, inputs));
  RETURN_IF_ERROR(PrintReview(session, drift, DriftText(drift, session.color_out())));
  if (!session.ForPrograms()) {
    session.Note(drift.drifted()
                     ? absl::StrCat(drift.change_count(),
                                    drift.change_count() == 1 ? " difference" : " differences",
                                    " to what was captured.")
                     : absl::StrCat("No drift: ", drift.capture().object_count(),
                                    " objects are as captured."));
  }
  return drift.drifted() && inputs.IsOn("exit-code") ? ExitCode::kDifferences : ExitCode::kDone;
}

std::string HolderText(const LockHolder& holder) {
  return absl::StrCat("pid ", holder.pid(), " (", holder.application_name(), ", ", holder.state(),
                      ", user ", holder.user(), ")");
}

// Pid and start of the session that holds the lock now, shown before somebody confirms.
absl::Status FillHolder(Session& session, Inputs& inputs) {
  if (inputs.Has("pid") && inputs.Has("backend-start-time")) return absl::OkStatus();
  if (!inputs.Has("pid") && inputs.Has("confirm") && !session.terminal().in_is_terminal) {
    return UsageError(
        "Nobody can look at the session here: name it with --pid; 'migrations status' shows it. "
        "Nothing was sent.");
  }
  MigrationStatus now;
  RETURN_IF_ERROR(session.Call(MethodNamed(kStatus), GetMigrationStatusRequest(), now));
  const std::string pid = absl::StrCat(now.lock_holder().pid());
  if (!now.has_lock_holder() || (inputs.Has("pid") && inputs.Text("pid") != pid)) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = status::Reason::kLockNotHeld,
         .message =
             now.has_lock_holder()
                 ? absl::StrCat("The history lock is held by ", HolderText(now.lock_holder()),
                                ", not by pid ", inputs.Text("pid"), ". Nothing was ended.")
                 : "Nobody holds the history lock. Nothing was ended."});
  }
  session.Note(absl::StrCat("The history lock of database ", now.database(), " is held by ",
                            HolderText(now.lock_holder()), "."));
  const auto& start = now.lock_holder().backend_start_time();
  inputs.flags["pid"] = {pid};
  inputs.flags["backend-start-time"] = {
      absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ",
                       absl::FromUnixSeconds(start.seconds()) + absl::Nanoseconds(start.nanos()),
                       absl::UTCTimeZone())};
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> RunForceUnlock(Session& session, const Inputs& inputs) {
  if (!inputs.Has("confirm") && !session.terminal().in_is_terminal) {
    return UsageError(
        "This ends a session: give the database's name with --confirm NAME. Nothing was sent.");
  }
  Inputs filled = inputs;
  RETURN_IF_ERROR(FillHolder(session, filled));
  ASSIGN_OR_RETURN(const auto answer, CallFor<ForceUnlockResponse>(session, kUnlock, filled));
  const std::string text = absl::StrCat("Ended ", HolderText(answer.ended()), ".\n");
  RETURN_IF_ERROR(PrintReview(session, answer, text));
  return ExitCode::kDone;
}

}  // namespace

Command MigrationsPlanCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kPlan)), with_docs);
  command.flags.push_back(
      {.name = "exit-code", .doc = "Exit code 3 when there is something to apply."});
  command.details =
      "Ends with the command that applies exactly this plan: once files, history or options "
      "differ, "
      "that command changes nothing and says so.";
  command.run = RunPlan;
  return command;
}

Command MigrationsLintCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kLint)), with_docs);
  std::erase_if(command.flags, [](const Flag& flag) { return flag.name == "text"; });
  command.arguments.push_back({.name = "FILE",
                               .doc =
                                   "A local file to judge, or - for stdin; without it scripts of "
                                   "the service: --migrations, else all pending ones.",
                               .required = false});
  command.flags.push_back({.name = "fail-on",
                           .value = "error|warning|note|never",
                           .doc = "Exit code 1 from this severity on. Default: error."});
  command.examples.push_back({"storefrontctl migrations lint --fail-on warning",
                              "Judges what is pending, for a pipeline"});
  command.run = RunLint;
  return command;
}

Command MigrationsValidateCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kValidate)), with_docs);
  command.flags.push_back({.name = "exit-code", .doc = "Exit code 3 when there is a finding."});
  command.examples.push_back(
      {"storefrontctl migrations validate --exit-code --ignore-patterns '*:pending'",
       "For a pipeline: was a file changed after it was applied?"});
  command.run = RunValidate;
  return command;
}

Command MigrationsDriftCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kDrift)), with_docs);
  command.flags.push_back({.name = "exit-code", .doc = "Exit code 3 when something differs."});
  command.run = RunDrift;
  return command;
}

Command MigrationsForceUnlockCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kUnlock)), with_docs);
  command.details =
      "Without --pid it is the session that holds the lock now: it is shown, and the name of the "
      "database is asked for. A terminal is needed for that.";
  command.run = RunForceUnlock;
  return command;
}

}  // namespace storefront::cli
