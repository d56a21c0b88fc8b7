// From what was typed to a command with its inputs. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "libs/config/settings.h"

namespace storefront::cli {

struct CommandLine {
  // Null: only a part of a command's words was given (help for `words` is printed).
  const Command* command = nullptr;
  std::vector<std::string> words;  // "migrations", when it is only that
  bool help = false;
  Inputs inputs;
  // Common flags as libs/config takes them: "--timeout=5s".
  std::vector<std::string> setting_arguments;
};

// Flags may stand before, between or after the words. Errors, all kUsage with the nearest name:
// unknown command, unknown flag, missing or surplus argument, a flag without its value.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<Command>& commands,
                                             const std::vector<std::string>& typed);

}  // namespace storefront::cli
