// storefrontctl topics plan and apply: plan, show, ask, apply, wait.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

Command TopicsPlanCommand(bool with_docs);
Command TopicsApplyCommand(bool with_docs);

}  // namespace storefront::cli
