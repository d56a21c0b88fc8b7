// storefrontctl version.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

Command VersionCommand();

}  // namespace storefront::cli
