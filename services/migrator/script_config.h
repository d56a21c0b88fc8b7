// What stands in `V2__x.sql.conf` beside a script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::migrator {

struct ScriptConfig {
  std::optional<bool> execute_in_transaction;  // unset: the statements decide
  bool replace_placeholders = true;
  bool operator==(const ScriptConfig&) const = default;
};

// Lines `key=value` as in a Java properties file; `#` and `!` begin comments. Keys are
// executeInTransaction, encoding (UTF-8 only) and placeholderReplacement; later ones win. Anything
// else is FAILED_PRECONDITION INVALID_SCRIPT_CONFIG, which begins with "path:line" and names every
// wrong line.
absl::StatusOr<ScriptConfig> ParseScriptConfig(absl::string_view path, absl::string_view text);

}  // namespace storefront::migrator
