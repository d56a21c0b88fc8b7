// storefrontctl api: any method of any service, by name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

Command ApiCommand();

}  // namespace storefront::cli
