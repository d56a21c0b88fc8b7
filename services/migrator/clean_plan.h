// What clean drops, in order: a value, made from the catalog's answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/history_row.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// An object of a managed schema that is dropped by itself; what hangs on it goes with it.
struct SchemaObject {
  std::string schema;
  std::string kind;               // in Postgres's words: "table", "operator class", "extension"
  std::string identity;           // as SQL writes it: `public."T"`, `public.f(integer)`
  uint32_t catalog = 0, oid = 0;  // who it is, whatever it is called
  bool operator==(const SchemaObject&) const = default;
};

struct SchemaContents {
  std::vector<std::string> schemas;  // managed ones that exist, in the order of the setting
  std::vector<SchemaObject> objects;
  // Objects of other schemas that hang on these: "view reporting.sales on table public.orders".
  std::vector<std::string> outside;
};

struct CleanPlan {
  std::vector<SchemaObject> objects;         // in the order of dropping
  std::vector<std::string> dropped_schemas;  // that the history says were created for it
  std::vector<RunStep> steps;                // one for each schema that changes

  // SQL, one statement each.
  std::vector<std::string> Statements() const;
};

// FAILED_PRECONDITION CLEAN_BLOCKED names what other schemas have on it. Without steps when the
// schemas are empty.
//
// Schemas stay, with their grants, unless the history's first row says that they were created for
// it; Flyway does the same.
absl::StatusOr<CleanPlan> PlanClean(const SchemaContents& contents, const History& history);

// True when none of the plan's objects is left. A clean whose COMMIT was lost in between dropped
// all of them or none.
bool IsCleaned(const CleanPlan& plan, const SchemaContents& contents);

}  // namespace storefront::migrator
