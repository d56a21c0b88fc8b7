// Rules about names, and about placeholders in the file's text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

void LintNames(const StatementContext& context, LintFindings& findings);

// Once per script: placeholders, wherever in the file they stand.
void LintPlaceholders(const LintScript& script, LintFindings& findings);

}  // namespace storefront::migrator
