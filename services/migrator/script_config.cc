// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_config.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

std::optional<bool> Boolean(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  return std::nullopt;
}

// Takes one entry; what is wrong with it, or empty.
std::string Take(absl::string_view key, absl::string_view value, ScriptConfig& config) {
  const std::optional<bool> flag = Boolean(value);
  if (key == "executeInTransaction" || key == "placeholderReplacement") {
    if (!flag) return absl::StrCat(key, " must be true or false, not \"", value, "\"");
    if (key == "executeInTransaction") {
      config.execute_in_transaction = flag;
    } else {
      config.replace_placeholders = *flag;
    }
    return "";
  }
  if (key == "encoding") {
    if (absl::EqualsIgnoreCase(value, "UTF-8") || absl::EqualsIgnoreCase(value, "UTF8")) return "";
    return absl::StrCat("encoding must be UTF-8, not \"", value, "\"; save the script as UTF-8");
  }
  return absl::StrCat("there is no key \"", key,
                      "\"; executeInTransaction, encoding and placeholderReplacement are known");
}

}  // namespace

absl::StatusOr<ScriptConfig> ParseScriptConfig(absl::string_view path, absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  ScriptConfig config;
  std::string problems;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    const size_t separator = line.find_first_of("=:");
    const std::string problem =
        separator == absl::string_view::npos
            ? "the line is not key=value"
            : Take(absl::StripAsciiWhitespace(line.substr(0, separator)),
                   absl::StripAsciiWhitespace(line.substr(separator + 1)), config);
    if (problem.empty()) continue;
    absl::StrAppend(&problems, problems.empty() ? "" : "; ", path, ":", number, ": ", problem);
  }
  if (problems.empty()) return config;
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = status::Reason::kInvalidScriptConfig,
                        .message = absl::StrCat(problems, "."),
                        .metadata = {{"file", std::string(path)}}});
}

}  // namespace storefront::migrator
