// storefrontctl wait: until something holds, or the time is over.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/command.h"

namespace storefront::cli {

std::vector<Command> WaitCommands();

}  // namespace storefront::cli
