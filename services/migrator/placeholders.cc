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
constexpr size_t kNameShown = 100;

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

absl::Status At(status::Reason reason, absl::string_view name, const ScriptText& text,
                size_t offset, absl::string_view what) {
  const TextPosition position = PositionOf(text, offset);
  // A brace that closes much later makes a name of everything between.
  name = name.substr(0, kNameShown);
  name = name.substr(0, FindInvalidUtf8(name).value_or(name.size()));
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
  std::set<std::string> shown;  // each secret in every form that SQL gives it
  for (const auto& [name, value] : values.secrets) {
    made.secret_names_.insert(absl::AsciiStrToLower(name));
    if (value.empty()) continue;
    shown.insert(value);
    shown.insert(absl::StrReplaceAll(value, {{"'", "''"}}));
    shown.insert(absl::StrReplaceAll(value, {{"\"", "\"\""}}));
    shown.insert(absl::StrReplaceAll(value, {{"'", "''"}, {"\\", "\\\\"}}));
  }
  made.secrets_.assign(shown.begin(), shown.end());
  std::sort(made.secrets_.begin(), made.secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  for (const std::string& name : values.raw) made.raw_.insert(absl::AsciiStrToLower(name));
  return made;
}

absl::StatusOr<std::string> Placeholders::ValueOf(
    absl::string_view written, const std::map<std::string, std::string>& built_in,
    const ScriptText& text, size_t offset) const {
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
    return At(status::Reason::kMissingPlaceholder, written, text, offset,
              "has no value. Add it to the setting `placeholders`.");
  }
  if (literal) return absl::StrCat("'", absl::StrReplaceAll(*value, {{"'", "''"}}), "'");
  if (ident) return QuoteIdentifier(*value);
  if (!IsHarmless(*value) && !raw_.contains(key)) {
    return At(status::Reason::kUnsafePlaceholder, written, text, offset,
              absl::StrCat("has a value with a quote, semicolon, backslash, dollar, comment or "
                           "control character. Write ${",
                           written, ":literal} or ${", written,
                           ":ident}, or list it in `raw_placeholders`."));
  }
  return *value;
}

absl::StatusOr<ReplacedText> Placeholders::Replace(
    const std::shared_ptr<const ScriptText>& text,
    const std::map<std::string, std::string>& built_in) const {
  const absl::string_view view = text->view();
  TextEdits edits;
  std::unique_ptr<ScriptTextWriter> writer;  // made with the first placeholder
  size_t copied = 0;
  const auto copy_to = [&](size_t end) -> absl::Status {
    absl::Status status;
    text->Walk(copied, end, [&](absl::string_view piece) {
      status = writer->Append(piece);
      return status.ok();
    });
    copied = end;
    return status;
  };
  for (size_t start = text->Find("${", 0); start != absl::string_view::npos;
       start = text->Find("${", start)) {
    const size_t end = text->Find("}", start);
    if (end == absl::string_view::npos) break;
    const absl::string_view written = view.substr(start + 2, end - start - 2);
    ASSIGN_OR_RETURN(const std::string value, ValueOf(written, built_in, *text, start));
    if (writer == nullptr) writer = text->NewWriter();
    RETURN_IF_ERROR(copy_to(start));
    RETURN_IF_ERROR(writer->Append(value));
    edits.Add(start, end + 1 - start, value.size());
    copied = start = end + 1;
  }
  if (writer == nullptr) return ReplacedText(text, {});
  RETURN_IF_ERROR(copy_to(view.size()));
  ASSIGN_OR_RETURN(std::shared_ptr<const ScriptText> replaced, writer->Finish());
  return ReplacedText(std::move(replaced), std::move(edits));
}

bool Placeholders::IsSecret(absl::string_view name) const {
  return secret_names_.contains(absl::AsciiStrToLower(name));
}

std::map<std::string, std::optional<std::string>> Placeholders::Shown() const {
  std::map<std::string, std::optional<std::string>> shown;
  for (const auto& [name, value] : values_) {
    shown.emplace(name, secret_names_.contains(name) ? std::nullopt : std::optional(value));
  }
  return shown;
}

std::string Placeholders::Mask(absl::string_view text) const {
  std::string masked(text);
  for (const std::string& secret : secrets_) {
    masked = absl::StrReplaceAll(masked, {{secret, "***"}});
  }
  return masked;
}

void ForEachPlaceholder(const ScriptText& text,
                        const std::function<void(const PlaceholderUse&)>& visit) {
  for (size_t start = text.Find("${", 0); start != absl::string_view::npos;) {
    const size_t end = text.Find("}", start);
    if (end == absl::string_view::npos) return;
    absl::string_view name = text.view().substr(start + 2, end - start - 2);
    const bool is_quoted =
        absl::ConsumeSuffix(&name, ":literal") || absl::ConsumeSuffix(&name, ":ident");
    visit({.name = name, .is_quoted = is_quoted, .offset = start});
    start = text.Find("${", end + 1);
  }
}

}  // namespace storefront::migrator
