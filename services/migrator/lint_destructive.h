// Rules about what is lost, or what clients no longer find, and about statements that cannot mean
// what they say.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

void LintDestructive(const StatementContext& context, LintFindings& findings);

}  // namespace storefront::migrator
