// What planning found besides the plan.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "services/migrator/migration_connection.h"
#include "services/migrator/script_judge.h"
#include "services/migrator/script_set.h"

namespace storefront::migrator {

struct PlanFindings {
  std::string hash;
  ServerFacts facts;
  std::vector<LintFinding> lint;
  std::vector<Finding> warnings;  // of the files
  std::vector<std::string> schemas_to_create;
};

}  // namespace storefront::migrator
