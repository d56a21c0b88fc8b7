// storefrontctl.
// SPDX-License-Identifier: Apache-2.0
#include <grpc/support/log.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "cli/app.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

int main(int argc, char** argv) {
  const storefront::cli::Interrupt interrupt;
  // stderr is for people: what a library has to say reaches them as an error of ours.
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kFatal);
  absl::InitializeLog();
  gpr_set_log_function([](gpr_log_func_args*) {});
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return storefront::cli::RunMain({argv + 1, argv + argc}, environment,
                                  storefront::cli::ProcessTerminal(), interrupt.token());
}
