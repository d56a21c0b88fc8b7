// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_name.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

constexpr absl::string_view kSuffix = ".sql";
constexpr absl::string_view kSeparator = "__";

// The events that Flyway's callbacks can have.
constexpr absl::string_view kEvents[] = {
    "beforeMigrate",
    "beforeRepeatables",
    "beforeEachMigrate",
    "beforeEachMigrateStatement",
    "afterEachMigrateStatement",
    "afterEachMigrateStatementError",
    "afterEachMigrate",
    "afterEachMigrateError",
    "afterMigrate",
    "afterMigrateApplied",
    "afterVersioned",
    "afterMigrateError",
    "beforeUndo",
    "beforeEachUndo",
    "beforeEachUndoStatement",
    "afterEachUndoStatement",
    "afterEachUndoStatementError",
    "afterEachUndo",
    "afterEachUndoError",
    "afterUndo",
    "afterUndoError",
    "beforeClean",
    "afterClean",
    "afterCleanError",
    "beforeInfo",
    "afterInfo",
    "afterInfoError",
    "beforeValidate",
    "afterValidate",
    "afterValidateError",
    "beforeBaseline",
    "afterBaseline",
    "afterBaselineError",
    "beforeRepair",
    "afterRepair",
    "afterRepairError",
    "createSchema",
    "beforeCreateSchema",
    "beforeConnect",
    "afterConnect",
};

absl::Status Invalid(absl::string_view file_name, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidName,
                        .message = absl::StrCat(file_name, ": ", why)});
}

std::string AsDescription(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"_", " "}});
}

}  // namespace

bool IsScriptFile(absl::string_view file_name) {
  return absl::EndsWithIgnoreCase(file_name, kSuffix);
}

bool IsScriptConfigFile(absl::string_view file_name) {
  return absl::EndsWithIgnoreCase(file_name, ".sql.conf");
}

absl::StatusOr<ScriptName> ParseScriptName(absl::string_view file_name) {
  if (!IsScriptFile(file_name)) return Invalid(file_name, "the suffix is not .sql");
  const absl::string_view stem = file_name.substr(0, file_name.size() - kSuffix.size());
  const size_t separator = stem.find(kSeparator);
  const bool has_description = separator != absl::string_view::npos;
  const absl::string_view head = stem.substr(0, separator);
  ScriptName name;
  if (has_description) {
    name.description = AsDescription(stem.substr(separator + kSeparator.size()));
  }

  for (const absl::string_view event : kEvents) {
    if (head != event) continue;
    name.kind = ScriptKind::kCallback;
    name.event = std::string(event);
    return name;
  }
  if (head.empty()) {
    return Invalid(file_name, "it has no prefix; V, B, U with a version, or R__, start a name");
  }
  if (head[0] == 'R') {
    if (head.size() > 1)
      return Invalid(file_name, "a repeatable migration has no version: R__name.sql");
    if (!has_description)
      return Invalid(file_name, "a repeatable migration needs a name: R__name.sql");
    name.kind = ScriptKind::kRepeatable;
    return name;
  }
  switch (head[0]) {
    case 'V':
      name.kind = ScriptKind::kVersioned;
      break;
    case 'B':
      name.kind = ScriptKind::kBaseline;
      break;
    case 'U':
      name.kind = ScriptKind::kUndo;
      break;
    default:
      return Invalid(file_name,
                     "it starts with no prefix (V, B, U, R in capitals) and is no callback's name");
  }
  auto version = Version::Parse(head.substr(1));
  if (!version.ok()) {
    return Invalid(file_name, absl::StrCat(version.status().message(),
                                           has_description ? ""
                                                           : "; two underscores separate it "
                                                             "from the description"));
  }
  name.version = *std::move(version);
  return name;
}

std::string RepeatableId(absl::string_view description) {
  return absl::StrCat("R__", absl::StrReplaceAll(description, {{" ", "_"}, {"/", "_"}}));
}

std::string MigrationId(const ScriptName& name) {
  switch (name.kind) {
    case ScriptKind::kVersioned:
      return absl::StrCat("V", name.version->Canonical());
    case ScriptKind::kBaseline:
      return absl::StrCat("B", name.version->Canonical());
    case ScriptKind::kUndo:
      return absl::StrCat("U", name.version->Canonical());
    case ScriptKind::kRepeatable:
      return RepeatableId(name.description);
    case ScriptKind::kCallback:
      return name.event;
  }
  return "";
}

}  // namespace storefront::migrator
