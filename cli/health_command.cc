// SPDX-License-Identifier: Apache-2.0
#include "cli/health_command.h"

#include "absl/strings/str_cat.h"
#include "cli/session.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

constexpr absl::Duration kHealthTimeout = absl::Seconds(2);

absl::StatusOr<ExitCode> Run(Session& session, const Inputs& inputs) {
  const std::string& address = inputs.arguments.at(0);
  const std::string service = inputs.Text("service");
  const absl::Duration timeout = inputs.Has("timeout") ? session.timeout() : kHealthTimeout;
  const auto answer = session.rpc().Health(address, service, timeout);
  const std::string state = answer.ok() ? *answer : std::string(answer.status().message());
  if (answer.ok()) {
    RETURN_IF_ERROR(
        session.Print(Document{{"name", service}, {"address", address}, {"status", state}},
                      View{.columns = {{"status", "status"}}}));
  } else {
    session.Note(absl::StrCat("error: ", state));
  }
  return HealthExitCode(answer);
}

}  // namespace

ExitCode HealthExitCode(const absl::StatusOr<std::string>& answer) {
  if (answer.ok()) return static_cast<ExitCode>(*answer == "SERVING" ? 0 : 4);
  return static_cast<ExitCode>(answer.status().code() == absl::StatusCode::kUnavailable ? 2 : 3);
}

Command HealthCommand() {
  return {
      .words = {"health"},
      .summary = "Asks a service whether it serves, by grpc.health.v1.",
      .details =
          "Exit codes are those of grpc_health_probe: 0 serving, 1 wrong arguments, 2 no "
          "connection, 3 the call failed, 4 not serving. It waits 2 s at most unless "
          "--timeout says otherwise.",
      .arguments = {{.name = "HOST:PORT", .doc = "Address of the service's gRPC port."}},
      .flags = {{.name = "service",
                 .value = "NAME",
                 .doc = "What is asked about: nothing is the process, readiness is also its "
                        "backends."}},
      .examples = {{"storefrontctl health 127.0.0.1:50052", "Is the migrator alive?"},
                   {"storefrontctl health 127.0.0.1:50052 --service readiness",
                    "Does it reach its database?"}},
      .run = Run,
      .usage_code = ExitCode::kFailed,
  };
}

}  // namespace storefront::cli
