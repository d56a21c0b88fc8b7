// ${placeholders}: replaced once, as text, before a script is split.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::migrator {

// A replaced text that still knows where each of its bytes stood in the file.
class ReplacedText {
 public:
  struct Edit {
    size_t at = 0;        // where the value begins in the new text
    size_t length = 0;    // of the value
    size_t original = 0;  // where the placeholder begins in the file
    size_t original_length = 0;
  };

  ReplacedText() = default;
  ReplacedText(std::string text, std::vector<Edit> edits)
      : text_(std::move(text)), edits_(std::move(edits)) {}

  const std::string& text() const { return text_; }
  // The offset in the file of this byte; inside a value, that of its placeholder.
  size_t OriginalOffset(size_t offset) const;

 private:
  std::string text_;
  std::vector<Edit> edits_;  // by position
};

// Lines and characters from 1, as editors count: `\n`, `\r\n` and a lone `\r` end a line.
struct TextPosition {
  int line = 1;
  int column = 1;
};
TextPosition PositionOf(absl::string_view text, size_t offset);

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
  // `placeholder`, `line`, `column`.
  absl::StatusOr<ReplacedText> Replace(absl::string_view text,
                                       const std::map<std::string, std::string>& built_in) const;

  // True for a name of a secret value.
  bool IsSecret(absl::string_view name) const;

  // The text with each secret's value as ***.
  std::string Mask(absl::string_view text) const;

 private:
  std::map<std::string, std::string> values_;  // names in lower case
  std::set<std::string> raw_;
  std::set<std::string> secret_names_;
  std::vector<std::string> secrets_;  // longest first
};

// A ${name} in a text, whether it has a value or not.
struct PlaceholderUse {
  std::string name;        // without :literal and :ident
  bool is_quoted = false;  // by one of these
  size_t offset = 0;
};
std::vector<PlaceholderUse> FindPlaceholders(absl::string_view text);

}  // namespace storefront::migrator
