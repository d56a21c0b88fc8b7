// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/placeholders.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/history_row.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

constexpr absl::string_view kBuiltInPrefix = "flyway:";

absl::Status InvalidSetting(absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = std::string(why),
                        .fields = {{"placeholders", std::string(why)}}});
}

// True for a value that cannot change what the text around it means.
bool IsHarmless(absl::string_view value) {
  for (const char c : value) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return false;
  }
  return value.find_first_of("'\";\\$") == absl::string_view::npos &&
         !absl::StrContains(value, "--") && !absl::StrContains(value, "/*");
}

absl::Status At(status::Reason reason, absl::string_view name, absl::string_view text,
                size_t offset, absl::string_view what) {
  const TextPosition position = PositionOf(text, offset);
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason,
       .message = absl::StrCat("line ", position.line, ", column ", position.column,
                               ": placeholder ${", name, "} ", what),
       .metadata = {{"placeholder", std::string(name)},
                    {"line", absl::StrCat(position.line)},
                    {"column", absl::StrCat(position.column)}}});
}

}  // namespace

size_t ReplacedText::OriginalOffset(size_t offset) const {
  auto after = std::upper_bound(edits_.begin(), edits_.end(), offset,
                                [](size_t value, const Edit& edit) { return value < edit.at; });
  if (after == edits_.begin()) return offset;
  const Edit& edit = *std::prev(after);
  if (offset < edit.at + edit.length) return edit.original;
  return edit.original + edit.original_length + (offset - edit.at - edit.length);
}

TextPosition PositionOf(absl::string_view text, size_t offset) {
  TextPosition position;
  offset = std::min(offset, text.size());
  size_t line_start = absl::StartsWith(text, "\xEF\xBB\xBF") ? 3 : 0;
  for (size_t at = line_start; at < offset; ++at) {
    const bool ends =
        text[at] == '\n' || (text[at] == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n'));
    if (!ends) continue;
    ++position.line;
    line_start = at + 1;
  }
  if (offset > line_start) {
    position.column =
        1 + static_cast<int>(CountCharacters(text.substr(line_start, offset - line_start)));
  }
  return position;
}

absl::StatusOr<Placeholders> Placeholders::Make(PlaceholderValues values) {
  Placeholders made;
  for (const auto* group : {&values.values, &values.secrets}) {
    for (const auto& [name, value] : *group) {
      if (name.empty()) return InvalidSetting("a placeholder has no name");
      if (FindInvalidUtf8(name) || FindInvalidUtf8(value)) {
        return InvalidSetting("a placeholder is not UTF-8");
      }
      if (name.find_first_of("${}") != std::string::npos) {
        return InvalidSetting(absl::StrCat("placeholder name \"", name, "\" has $, { or }"));
      }
      if (!made.values_.emplace(absl::AsciiStrToLower(name), value).second) {
        return InvalidSetting(absl::StrCat("placeholder \"", name, "\" is given twice"));
      }
    }
  }
  for (const auto& [name, value] : values.secrets) {
    if (!value.empty()) made.secrets_.push_back(value);
    made.secret_names_.insert(absl::AsciiStrToLower(name));
  }
  std::sort(made.secrets_.begin(), made.secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  for (const std::string& name : values.raw) made.raw_.insert(absl::AsciiStrToLower(name));
  return made;
}

absl::StatusOr<ReplacedText> Placeholders::Replace(
    absl::string_view text, const std::map<std::string, std::string>& built_in) const {
  std::string out;
  std::vector<ReplacedText::Edit> edits;
  size_t copied = 0;
  for (size_t start = text.find("${"); start != absl::string_view::npos;
       start = text.find("${", start)) {
    const size_t end = text.find('}', start);
    if (end == absl::string_view::npos) break;
    const absl::string_view written = text.substr(start + 2, end - start - 2);
    absl::string_view name = written;
    const bool literal = absl::ConsumeSuffix(&name, ":literal");
    const bool ident = !literal && absl::ConsumeSuffix(&name, ":ident");

    const std::string* value = nullptr;
    if (absl::StartsWithIgnoreCase(name, kBuiltInPrefix)) {
      const absl::string_view wanted = name.substr(kBuiltInPrefix.size());
      for (const auto& [known, known_value] : built_in) {
        if (absl::EqualsIgnoreCase(known, wanted)) value = &known_value;
      }
    }
    const std::string key = absl::AsciiStrToLower(name);
    if (value == nullptr) {
      if (const auto found = values_.find(key); found != values_.end()) value = &found->second;
    }
    if (value == nullptr) {
      return At(status::Reason::kMissingPlaceholder, written, text, start,
                "has no value. Add it to the setting `placeholders`.");
    }
    std::string replacement = *value;
    if (literal) {
      replacement = absl::StrCat("'", absl::StrReplaceAll(*value, {{"'", "''"}}), "'");
    } else if (ident) {
      replacement = QuoteIdentifier(*value);
    } else if (!IsHarmless(*value) && !raw_.contains(key)) {
      return At(status::Reason::kUnsafePlaceholder, written, text, start,
                absl::StrCat("has a value with a quote, semicolon, backslash, dollar, comment or "
                             "control character. Write ${",
                             written, ":literal} or ${", written,
                             ":ident}, or list it in `raw_placeholders`."));
    }
    absl::StrAppend(&out, text.substr(copied, start - copied));
    edits.push_back({.at = out.size(),
                     .length = replacement.size(),
                     .original = start,
                     .original_length = end + 1 - start});
    absl::StrAppend(&out, replacement);
    copied = start = end + 1;
  }
  absl::StrAppend(&out, text.substr(copied));
  return ReplacedText(std::move(out), std::move(edits));
}

bool Placeholders::IsSecret(absl::string_view name) const {
  return secret_names_.contains(absl::AsciiStrToLower(name));
}

std::string Placeholders::Mask(absl::string_view text) const {
  std::string masked(text);
  for (const std::string& secret : secrets_) {
    masked = absl::StrReplaceAll(masked, {{secret, "***"}});
  }
  return masked;
}

std::vector<PlaceholderUse> FindPlaceholders(absl::string_view text) {
  std::vector<PlaceholderUse> uses;
  for (size_t start = text.find("${"); start != absl::string_view::npos;
       start = text.find("${", start + 2)) {
    const size_t end = text.find('}', start);
    if (end == absl::string_view::npos) break;
    absl::string_view name = text.substr(start + 2, end - start - 2);
    const bool is_quoted =
        absl::ConsumeSuffix(&name, ":literal") || absl::ConsumeSuffix(&name, ":ident");
    uses.push_back({.name = std::string(name), .is_quoted = is_quoted, .offset = start});
    start = end - 1;
  }
  return uses;
}

}  // namespace storefront::migrator
