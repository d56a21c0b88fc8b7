// Judges scripts: every rule, statement by statement, in the order in which the scripts would run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "services/migrator/lint_findings.h"

namespace storefront::migrator {

// Findings by script, then place. Each script meets what those before it have changed in the
// picture, so `model` is changed too. Pure.
std::vector<LintFinding> LintScripts(const std::vector<LintScript>& scripts,
                                     const LintSelection& selection, const LintOptions& options,
                                     LintModel& model);

// What these scripts must know of the database.
LintCatalogRequest CatalogRequestFor(const std::vector<LintScript>& scripts);

}  // namespace storefront::migrator
