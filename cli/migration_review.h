// Plans, findings and drift as a person reviews them. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::cli {

// "about 1.2 million rows, 310.4 MiB"; "size unknown" parts are left out.
std::string TableSizeText(const migrator::v1::PlanLock& lock);

// Per script: why it runs, how, its statements with what they lock, and what lint says with the
// fix. Ends with the findings counted; without steps it says so in one line.
std::string PlanText(const migrator::v1::MigrationPlan& plan, bool color);

// One finding as compilers print theirs, with the fix below: "V7__x.sql:3:1: warning: … [rule]".
// `script` replaces the finding's own unless empty.
std::string FindingText(const migrator::v1::LintFinding& finding, absl::string_view script,
                        bool color);

// "1 error, 2 warnings, 0 notes".
std::string CountsText(const migrator::v1::LintCounts& counts);

// Each difference with both definitions as a unified diff; "" without drift.
std::string DriftText(const migrator::v1::Drift& drift, bool color);

}  // namespace storefront::cli
