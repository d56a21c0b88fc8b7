// storefrontctl status: the whole pipeline on one screen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

Command StatusCommand();

}  // namespace storefront::cli
