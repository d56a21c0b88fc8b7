// SPDX-License-Identifier: Apache-2.0
#include "cli/version_command.h"

#include "cli/session.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

absl::StatusOr<ExitCode> Run(Session& session, const Inputs&) {
  RETURN_IF_ERROR(session.Print(
      Document{{"name", "storefrontctl"}, {"version", STOREFRONT_VERSION}, {"api", "v1"}},
      View{.columns = {{"version", "version"}, {"api", "api"}}}));
  return ExitCode::kDone;
}

}  // namespace

Command VersionCommand() {
  return {
      .words = {"version"},
      .summary = "Tells the version of this program and of the API it speaks.",
      .examples = {{"storefrontctl version -o json", "For a script"}},
      .run = Run,
  };
}

}  // namespace storefront::cli
