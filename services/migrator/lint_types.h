// Rules about the types of columns, domains and enums.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

void LintTypes(const StatementContext& context, LintFindings& findings);

}  // namespace storefront::migrator
