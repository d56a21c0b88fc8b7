// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/api_command.h"
#include "cli/command_line.h"
#include "cli/command_table.h"
#include "cli/connectors_command.h"
#include "cli/doctor/doctor_command.h"
#include "cli/error_text.h"
#include "cli/grpc_caller.h"
#include "cli/health_command.h"
#include "cli/help.h"
#include "cli/migrations_command.h"
#include "cli/output.h"
#include "cli/ready_command.h"
#include "cli/rpc_command.h"
#include "cli/services.h"
#include "cli/session.h"
#include "cli/settings_rows.h"
#include "cli/status_command.h"
#include "cli/topics_command.h"
#include "cli/version_command.h"
#include "cli/wait_command.h"
#include "libs/clock/clock.h"

namespace storefront::cli {
namespace {

// Composed commands stand in place of, or before, the command of this method.
constexpr absl::string_view kApplyConnectors =
    "storefront.connectors.v1.ConnectorService.ApplyConnectors";
constexpr absl::string_view kListTopicPlans = "storefront.topics.v1.TopicService.ListTopicPlans";

// The command of a row: the one made from its RPC, or one of ours that shows more.
Command CommandOf(const RpcRow& row, bool with_docs) {
  struct Own {
    absl::string_view method;
    Command (*make)(bool with_docs);
  };
  static constexpr Own kOwn[] = {
      {kApplyConnectors, ConnectorsApplyCommand},
      {"storefront.migrator.v1.MigratorService.PlanMigrations", MigrationsPlanCommand},
      {"storefront.migrator.v1.MigratorService.LintMigrations", MigrationsLintCommand},
      {"storefront.migrator.v1.MigratorService.ValidateMigrations", MigrationsValidateCommand},
      {"storefront.migrator.v1.MigratorService.GetDrift", MigrationsDriftCommand},
      {"storefront.migrator.v1.MigratorService.ForceUnlock", MigrationsForceUnlockCommand},
  };
  for (const Own& own : kOwn) {
    if (own.method == row.method) return own.make(with_docs);
  }
  return MakeRpcCommand(row, with_docs);
}

bool IsColorBanned(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (absl::StartsWith(entry, "NO_COLOR=") && entry.size() > 9) return true;
  }
  return false;
}

// Helps are printed with docs; a plain call does not pay for reading them.
int PrintHelp(const CommandLine& line, Terminal& terminal) {
  const std::vector<Command> commands = AllCommands(/*with_docs=*/true);
  if (line.command != nullptr) {
    for (const Command& command : commands) {
      if (command.words == line.command->words) terminal.out << HelpOf(command);
    }
    return static_cast<int>(ExitCode::kDone);
  }
  // Asked for: an answer. Not asked for: a wrong command line.
  (line.help ? terminal.out : terminal.err) << HelpOfGroup(commands, line.words);
  return static_cast<int>(line.help ? ExitCode::kDone : ExitCode::kUsage);
}

int PrintUsageError(const absl::Status& status, ExitCode code, Terminal& terminal) {
  terminal.err << ErrorText(status, "", false);
  return static_cast<int>(code);
}

int RunCommand(const Command& command, const Inputs& inputs, Session& session) {
  const absl::StatusOr<ExitCode> result = command.run(session, inputs);
  session.terminal().out << std::flush;
  if (result.ok()) return static_cast<int>(*result);
  const bool usage = ExitCodeOf(result.status()) == ExitCode::kUsage;
  if (session.ForPrograms() && session.format() != Format::kName) {
    const auto text = Render(ErrorDocument(result.status()), View{}, session.format(), {});
    if (text.ok()) session.terminal().out << *text << std::flush;
  }
  session.terminal().err << ErrorText(result.status(), usage ? "" : session.request_id(),
                                      session.color_err())
                         << std::flush;
  return static_cast<int>(usage ? command.usage_code : ExitCodeOf(result.status()));
}

}  // namespace

std::vector<Command> AllCommands(bool with_docs, const std::string& group) {
  std::string methods = "storefront.";
  for (const ServiceInfo& service : AllServices()) {
    if (absl::c_linear_search(service.groups, group)) methods = absl::StrCat(service.proto, ".");
  }
  std::vector<Command> commands;
  for (const RpcRow& row : RpcRows()) {
    if (!absl::StartsWith(row.method, methods)) continue;
    if (row.method == kListTopicPlans) {
      commands.push_back(TopicsPlanCommand(with_docs));
      commands.push_back(TopicsApplyCommand(with_docs));
    }
    commands.push_back(CommandOf(row, with_docs));
  }
  commands.push_back(StatusCommand());
  commands.push_back(DoctorCommand());
  commands.push_back(ReadyCommand());
  commands.push_back(ProbeCommand());
  for (Command& command : WaitCommands()) commands.push_back(std::move(command));
  commands.push_back(HealthCommand());
  commands.push_back(ApiCommand());
  commands.push_back(VersionCommand());
  return commands;
}

int RunMain(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
            Terminal terminal, const std::stop_token& stop) {
  // For the generated documents; not in help.
  if (arguments == std::vector<std::string>{"--help-all-markdown"}) {
    terminal.out << HelpMarkdown(AllCommands(/*with_docs=*/true));
    return 0;
  }
  if (arguments == std::vector<std::string>{"--errors-markdown"}) {
    terminal.out << ErrorsMarkdown();
    return 0;
  }
  const std::vector<Command> commands =
      AllCommands(/*with_docs=*/false, arguments.empty() ? "" : arguments.front());
  const auto line = ParseCommandLine(commands, arguments);
  if (!line.ok()) {
    const bool health = !arguments.empty() && arguments[0] == "health";
    return PrintUsageError(line.status(), health ? ExitCode::kFailed : ExitCode::kUsage, terminal);
  }
  if (line->help || line->command == nullptr) return PrintHelp(*line, terminal);

  const auto settings =
      config::Settings::Parse("ctl", SettingRows(), line->setting_arguments, environment);
  if (!settings.ok()) {
    return PrintUsageError(settings.status(), line->command->usage_code, terminal);
  }
  std::map<std::string, std::string> addresses;
  for (const ServiceInfo& service : AllServices()) {
    addresses[service.name] = settings->String(service.setting);
  }
  GrpcCaller rpc(std::move(addresses), stop);
  Session session({.settings = *settings,
                   .rpc = rpc,
                   .terminal = terminal,
                   .clock = clock::SystemClock(),
                   .stop = stop,
                   .no_color = IsColorBanned(environment),
                   .request_id = NewRequestId()});
  return RunCommand(*line->command, line->inputs, session);
}

}  // namespace storefront::cli
