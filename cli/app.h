// The program from its arguments to its exit code.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/terminal.h"

namespace storefront::cli {

// Every command, in the order of help. With docs, help texts of RPC commands are filled in. With a
// group that is one service's, commands made from other services' methods are left out.
std::vector<Command> AllCommands(bool with_docs, const std::string& group = "");

// `arguments` leaves out argv[0]; `environment` has entries "NAME=value".
int RunMain(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
            Terminal terminal, const std::stop_token& stop);

}  // namespace storefront::cli
