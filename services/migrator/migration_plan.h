// What a run would do, as a person reviews it: a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/migrator/catalog_reader.h"
#include "services/migrator/lock_modes.h"
#include "services/migrator/migrate_plan.h"
#include "services/migrator/script_judge.h"

namespace storefront::migrator {

struct PlanLock {
  std::string relation;  // "public.orders"
  LockMode mode = LockMode::kAccessShare;
  bool scans_table = false;
  std::optional<int64_t> estimated_rows;
  int64_t size_bytes = 0;
  bool operator==(const PlanLock&) const = default;
};

struct PlanStatement {
  int ordinal = 0;  // from 1
  int line = 0;
  std::string command;
  std::string text;  // before placeholders are replaced, one line
  std::vector<PlanLock> locks;
};

struct PlanStep {
  std::string migration;  // id
  std::string script;
  std::string description;
  PlanReason reason = PlanReason::kPending;
  bool transactional = true;
  std::vector<PlanStatement> statements;  // the first kPlanStatementsShown
  size_t statement_count = 0;
  std::vector<LintFinding> findings;
  int32_t checksum = 0;
};

struct MigrationPlan {
  std::string hash;
  std::string database;
  std::string current_version, final_version;
  std::vector<PlanStep> steps;
  std::vector<std::string> callbacks;  // paths, in the order of their events
  std::vector<LintFinding> findings;   // of all steps
  bool baselines_first = false;
  std::vector<std::string> schemas_to_create;
};

inline constexpr size_t kPlanStatementsShown = 1000;
inline constexpr size_t kPlanTextCharacters = 200;

// `pending`, `out of order`, `changed`, `baseline`.
absl::string_view PlanReasonName(PlanReason reason);

// One line of at most kPlanTextCharacters characters; "…" ends what was cut.
std::string OneLine(absl::string_view text);

// The steps with the locks that their statements take on what exists. `find` looks relations up, by
// position; what it does not find takes no lock that others could meet. Pure but for `find`.
using FindRelations = std::function<absl::StatusOr<std::vector<std::optional<RelationFacts>>>(
    const std::vector<RelationName>&)>;
absl::StatusOr<std::vector<PlanStep>> DescribeSteps(const MigratePlan& plan,
                                                    const FindRelations& find);

}  // namespace storefront::migrator
