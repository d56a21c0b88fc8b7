// storefrontctl connectors apply: plan, show, ask, apply, wait until changes flow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

Command ConnectorsApplyCommand(bool with_docs);

}  // namespace storefront::cli
