// Help, made from the commands themselves. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace storefront::cli {

// One command: usage, what it does, arguments, flags, examples.
std::string HelpOf(const Command& command);

// The commands whose words begin with `words`; all of them for none.
std::string HelpOfGroup(const std::vector<Command>& commands,
                        const std::vector<std::string>& words);

// docs/cli.md: every command.
std::string HelpMarkdown(const std::vector<Command>& commands);

// docs/errors.md: every reason with its number and hint.
std::string ErrorsMarkdown();

}  // namespace storefront::cli
