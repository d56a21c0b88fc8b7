// ${placeholders}: replaced once, as text, before a script is split.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/replaced_text.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

// Names are compared without case.
struct PlaceholderValues {
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> secrets;  // masked wherever a text is shown
  std::set<std::string> raw;                   // their values may hold any character
};

class Placeholders {
 public:
  // INVALID_ARGUMENT INVALID_SETTING for a name or value that cannot be used: not UTF-8, empty
  // name, a name in both lists.
  static absl::StatusOr<Placeholders> Make(PlaceholderValues values);

  // `built_in` are the values of ${flyway:X} by X, as Flyway names them.
  //   ${name}          the value as it is; UNSAFE_PLACEHOLDER when it has a character that could
  //   end
  //                    a string or begin a comment, unless the name is listed as raw
  //   ${name:literal}  the value as a quoted string
  //   ${name:ident}    the value as a quoted identifier
  // MISSING_PLACEHOLDER for a name without value. Errors are FAILED_PRECONDITION with metadata
  // `placeholder`, `line`, `column`; those of ScriptTextWriter where the new text is kept. A text
  // without placeholders is returned as it is, not copied.
  absl::StatusOr<ReplacedText> Replace(const std::shared_ptr<const ScriptText>& text,
                                       const std::map<std::string, std::string>& built_in) const;

  // True for a name of a secret value.
  bool IsSecret(absl::string_view name) const;

  // The text with each secret's value as ***, also where it stands quoted.
  std::string Mask(absl::string_view text) const;

  // Names, in lower case, with their values; nothing for the value of a secret.
  std::map<std::string, std::optional<std::string>> Shown() const;

 private:
  // What stands for ${written}.
  absl::StatusOr<std::string> ValueOf(absl::string_view written,
                                      const std::map<std::string, std::string>& built_in,
                                      const ScriptText& text, size_t offset) const;

  std::map<std::string, std::string> values_;  // names in lower case
  std::set<std::string> raw_;
  std::set<std::string> secret_names_;
  std::vector<std::string> secrets_;  // longest first
};

// A ${name} in a text, whether it has a value or not.
struct PlaceholderUse {
  absl::string_view name;  // without :literal and :ident
  bool is_quoted = false;  // by one of these
  size_t offset = 0;
};
void ForEachPlaceholder(const ScriptText& text,
                        const std::function<void(const PlaceholderUse&)>& visit);

}  // namespace storefront::migrator
