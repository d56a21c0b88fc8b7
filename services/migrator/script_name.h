// What a file's name says about the script in it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/version.h"

namespace storefront::migrator {

enum class ScriptKind {
  kVersioned,   // V1__init.sql
  kBaseline,    // B2__init.sql
  kRepeatable,  // R__view.sql
  kUndo,        // U1__init.sql: ours, Flyway skips it
  kCallback,    // beforeMigrate.sql, afterMigrate__notify.sql
};

struct ScriptName {
  ScriptKind kind = ScriptKind::kVersioned;
  std::optional<Version> version;  // of V, B and U
  std::string description;         // each `_` a blank, not trimmed: `V13___a_.sql` gives " a "
  std::string event;               // of callbacks: "beforeMigrate"
};

// True for `.sql` in any case, hidden files too.
bool IsScriptFile(absl::string_view file_name);
// True for `….sql.conf`.
bool IsScriptConfigFile(absl::string_view file_name);

// `file_name` without folders. The prefix is case-sensitive, the suffix is not; the name is split
// at its first `__`. INVALID_ARGUMENT INVALID_NAME says what is wrong with it.
absl::StatusOr<ScriptName> ParseScriptName(absl::string_view file_name);

// The resource id of a migration: "V9.4", "B2", "R__a_view". Equal versions have equal ids.
std::string MigrationId(const ScriptName& name);
std::string RepeatableId(absl::string_view description);

}  // namespace storefront::migrator
