// SPDX-License-Identifier: Apache-2.0
#include "libs/config/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/log/check.h"
#include "absl/log/log.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "libs/config/nearest.h"
#include "libs/status/error.h"

namespace storefront::config {
namespace {

constexpr int64_t kSecretFileBytesMax = 64 * 1024;

std::string VariableName(absl::string_view service, absl::string_view setting) {
  return absl::StrCat(VariablePrefix(service), absl::AsciiStrToUpper(setting));
}

std::vector<std::string> SplitList(absl::string_view text) {
  std::vector<std::string> items;
  for (absl::string_view item : absl::StrSplit(text, ',')) {
    item = absl::StripAsciiWhitespace(item);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

std::string NumberText(double number) {
  return number == std::floor(number) && std::abs(number) < 1e15
             ? absl::StrCat(static_cast<int64_t>(number))
             : absl::StrCat(number);
}

std::string BoundText(const Setting& row, double bound) {
  if (row.kind == Kind::kDuration) return absl::FormatDuration(absl::Seconds(bound));
  return NumberText(bound);
}

std::string BoundsText(const Setting& row) {
  if (row.min && row.max) {
    return absl::StrCat("from ", BoundText(row, *row.min), " to ", BoundText(row, *row.max));
  }
  if (row.min) return absl::StrCat("at least ", BoundText(row, *row.min));
  if (row.max) return absl::StrCat("at most ", BoundText(row, *row.max));
  return "";
}

// The number that the bounds are about; nothing for a value of the wrong kind.
std::optional<double> Measure(const Setting& row, const std::string& value) {
  switch (row.kind) {
    case Kind::kInt: {
      int64_t number = 0;
      if (!absl::SimpleAtoi(value, &number)) return std::nullopt;
      return static_cast<double>(number);
    }
    case Kind::kNumber: {
      double number = 0;
      if (!absl::SimpleAtod(value, &number) || !std::isfinite(number)) return std::nullopt;
      return number;
    }
    case Kind::kDuration: {
      absl::Duration duration;
      if (!absl::ParseDuration(value, &duration)) return std::nullopt;
      return absl::ToDoubleSeconds(duration);
    }
    case Kind::kBytes: {
      const auto bytes = ParseBytes(value);
      if (!bytes) return std::nullopt;
      return static_cast<double>(*bytes);
    }
    case Kind::kList:
      return static_cast<double>(SplitList(value).size());
    case Kind::kBool:
      if (value != "true" && value != "false") return std::nullopt;
      return 0;
    case Kind::kChoice:
      if (std::find(row.choices.begin(), row.choices.end(), value) == row.choices.end()) {
        return std::nullopt;
      }
      return 0;
    case Kind::kString:
    case Kind::kSecret:
      return static_cast<double>(value.size());
  }
  return std::nullopt;
}

std::string Expected(const Setting& row) {
  switch (row.kind) {
    case Kind::kInt:
      return "a whole number";
    case Kind::kNumber:
      return "a number";
    case Kind::kDuration:
      return "a duration such as 250ms, 10s, 5m or 24h";
    case Kind::kBytes:
      return "a size such as 512, 64KiB, 4MiB or 1GiB";
    case Kind::kBool:
      return "true or false";
    case Kind::kChoice:
      return absl::StrCat("one of ", absl::StrJoin(row.choices, ", "));
    case Kind::kList:
      return "a comma-separated list";
    case Kind::kString:
    case Kind::kSecret:
      return "text";
  }
  return "";
}

// Empty when the value fits the row.
std::string Problem(const Setting& row, const std::string& value) {
  if (value.empty()) return row.required ? "is required" : "";
  const std::string shown = row.kind == Kind::kSecret ? "the value" : absl::StrCat("'", value, "'");
  const auto measure = Measure(row, value);
  if (!measure) return absl::StrCat(shown, " is not ", Expected(row));
  if ((row.min && *measure < *row.min) || (row.max && *measure > *row.max)) {
    return absl::StrCat(shown, " must be ", BoundsText(row),
                        row.unit.empty() ? "" : absl::StrCat(" ", row.unit));
  }
  return "";
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::string text(static_cast<size_t>(kSecretFileBytesMax) + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > static_cast<size_t>(kSecretFileBytesMax)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is over 64 KiB: not a secret"));
  }
  // An editor's final newline is not part of a password.
  if (absl::EndsWith(text, "\n")) text.pop_back();
  if (absl::EndsWith(text, "\r")) text.pop_back();
  return text;
}

// An address may carry a password, as postgresql://user:password@host or password=… do.
std::string WithoutPassword(absl::string_view value) {
  const size_t scheme = value.find("://");
  if (scheme != absl::string_view::npos) {
    const absl::string_view rest = value.substr(scheme + 3);
    const absl::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const size_t at = authority.rfind('@');
    const size_t colon = authority.find(':');
    if (at != absl::string_view::npos && colon < at) {
      return absl::StrCat(value.substr(0, scheme + 3 + colon + 1), "***", rest.substr(at));
    }
  }
  return absl::StrContains(absl::AsciiStrToLower(value), "password=") ? "***" : std::string(value);
}

std::string Title(const Setting& row) {
  std::string text;
  if (!row.default_value.empty()) {
    text = absl::StrCat("default ", row.default_value);  // what is left out is filled in
  } else {
    text = row.required ? "required" : "default: none";
  }
  if (const std::string bounds = BoundsText(row); !bounds.empty())
    absl::StrAppend(&text, "; ", bounds);
  if (!row.unit.empty()) absl::StrAppend(&text, " ", row.unit);
  if (!row.choices.empty()) absl::StrAppend(&text, "; ", absl::StrJoin(row.choices, " | "));
  return text;
}

}  // namespace

std::string VariablePrefix(absl::string_view service) {
  return absl::StrCat("STOREFRONT_",
                      absl::AsciiStrToUpper(absl::StrReplaceAll(service, {{"-", "_"}})), "_");
}

std::optional<int64_t> ParseBytes(absl::string_view text) {
  constexpr std::array<std::pair<absl::string_view, int64_t>, 5> kUnits = {{
      {"KiB", int64_t{1} << 10},
      {"MiB", int64_t{1} << 20},
      {"GiB", int64_t{1} << 30},
      {"TiB", int64_t{1} << 40},
      {"B", 1},
  }};
  int64_t factor = 1;
  for (const auto& [suffix, bytes] : kUnits) {
    if (absl::EndsWith(text, suffix)) {
      text.remove_suffix(suffix.size());
      factor = bytes;
      break;
    }
  }
  int64_t number = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number) || number > std::numeric_limits<int64_t>::max() / factor) {
    return std::nullopt;
  }
  return number * factor;
}

absl::StatusOr<Settings> Settings::Parse(absl::string_view service, std::vector<Setting> rows,
                                         const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment) {
  std::vector<status::FieldViolation> problems;
  std::map<std::string, std::string, std::less<>> from_variables;
  const std::string prefix = VariablePrefix(service);
  std::vector<std::string> known_variables, known_flags;
  for (const Setting& row : rows) {
    known_variables.push_back(VariableName(service, row.name));
    known_flags.push_back(absl::StrCat("--", row.name));
    if (row.kind == Kind::kSecret) {
      known_variables.push_back(absl::StrCat(known_variables.back(), "_FILE"));
      known_flags.back() += "_file";
    }
  }

  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || !absl::StartsWith(entry, prefix)) continue;
    const std::string name = entry.substr(0, equals);
    if (std::find(known_variables.begin(), known_variables.end(), name) == known_variables.end()) {
      problems.push_back(
          {name, absl::StrCat("is not a setting of ", service, DidYouMean(name, known_variables))});
      continue;
    }
    from_variables[name] = entry.substr(equals + 1);
  }

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<std::string, std::string, std::less<>> from_flags;
  for (const std::string& flag : known_flags) {
    // CLI11 keeps a reference to the entry until parse() is over.
    app.add_option(flag, from_flags[flag])->expected(1)->take_last();
  }
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
    for (const std::string& extra : app.remaining()) {
      problems.push_back(
          {extra, absl::StrCat("is not a flag of ", service,
                               DidYouMean(extra.substr(0, extra.find('=')), known_flags))});
    }
  } catch (const CLI::ParseError& error) {
    problems.push_back({"flags", error.what()});
  }

  Settings settings;
  for (const Setting& row : rows) {
    const std::string variable = VariableName(service, row.name);
    const bool is_secret = row.kind == Kind::kSecret;
    const std::string flag = absl::StrCat("--", row.name, is_secret ? "_file" : "");
    std::string value(row.default_value);
    std::string source = variable;
    if (const auto found = from_variables.find(variable); found != from_variables.end()) {
      value = found->second;
    }
    std::string file;
    if (is_secret) {
      if (const auto found = from_variables.find(variable + "_FILE");
          found != from_variables.end()) {
        file = found->second;
        source = variable + "_FILE";
      }
    }
    if (app.count(flag) > 0) {
      source = flag;
      (is_secret ? file : value) = from_flags[flag];
    }
    if (!file.empty()) {
      auto secret = ReadSecret(file);
      if (!secret.ok()) {
        problems.push_back({source, std::string(secret.status().message())});
        continue;
      }
      value = *std::move(secret);
    }
    if (const std::string problem = Problem(row, value); !problem.empty()) {
      problems.push_back({source, problem});
    }
    settings.values_[std::string(row.name)] = value;
  }
  settings.rows_ = std::move(rows);

  if (!problems.empty()) {
    std::string message =
        absl::StrCat(service, " cannot start: ", problems.size(),
                     problems.size() == 1 ? " setting is" : " settings are", " wrong. See --help.");
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = status::Reason::kInvalidSetting,
                          .message = std::move(message),
                          .fields = std::move(problems)});
  }
  return settings;
}

const std::string& Settings::Raw(absl::string_view name, Kind kind) const {
  for (const Setting& row : rows_) {
    if (row.name == name) {
      CHECK(row.kind == kind) << "setting " << name << " is read as another kind than its row says";
      return values_.find(name)->second;
    }
  }
  LOG(FATAL) << "no row for setting " << name;
}

const std::string& Settings::String(absl::string_view name) const {
  for (const Setting& row : rows_) {
    if (row.name == name && row.kind == Kind::kChoice) return Raw(name, Kind::kChoice);
  }
  return Raw(name, Kind::kString);
}

int64_t Settings::Int(absl::string_view name) const {
  int64_t number = 0;
  [[maybe_unused]] const bool parsed = absl::SimpleAtoi(Raw(name, Kind::kInt), &number);
  return number;
}

double Settings::Number(absl::string_view name) const {
  double number = 0;
  [[maybe_unused]] const bool parsed = absl::SimpleAtod(Raw(name, Kind::kNumber), &number);
  return number;
}

bool Settings::Bool(absl::string_view name) const { return Raw(name, Kind::kBool) == "true"; }

absl::Duration Settings::Duration(absl::string_view name) const {
  absl::Duration duration;
  [[maybe_unused]] const bool parsed = absl::ParseDuration(Raw(name, Kind::kDuration), &duration);
  return duration;
}

int64_t Settings::Bytes(absl::string_view name) const {
  return ParseBytes(Raw(name, Kind::kBytes)).value_or(0);
}

std::vector<std::string> Settings::List(absl::string_view name) const {
  return SplitList(Raw(name, Kind::kList));
}

Secret Settings::SecretValue(absl::string_view name) const {
  return Secret(Raw(name, Kind::kSecret));
}

std::vector<std::pair<std::string, std::string>> Settings::Effective() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Setting& row : rows_) {
    const std::string& value = values_.find(row.name)->second;
    pairs.emplace_back(
        row.name, row.kind == Kind::kSecret && !value.empty() ? "***" : WithoutPassword(value));
  }
  return pairs;
}

std::string HelpText(absl::string_view service, absl::string_view summary,
                     const std::vector<Setting>& rows) {
  std::string text = absl::StrCat(service, ": ", summary, "\n\nSettings (flag or variable ",
                                  VariablePrefix(service), "<NAME>; a flag wins):\n");
  for (const Setting& row : rows) {
    absl::StrAppend(&text, "  --", row.name, row.kind == Kind::kSecret ? "_file FILE" : "", "  (",
                    Title(row), ")\n      ", row.doc, "\n");
  }
  absl::StrAppend(&text, "  --help, --version\n");
  return text;
}

std::string Markdown(absl::string_view service, const std::vector<Setting>& rows) {
  std::string text =
      absl::StrCat("## ", service, "\n\n| flag | variable | default and bounds | what it does |\n",
                   "|---|---|---|---|\n");
  for (const Setting& row : rows) {
    const bool is_secret = row.kind == Kind::kSecret;
    absl::StrAppend(&text, "| `--", row.name, is_secret ? "_file" : "", "` | `",
                    VariableName(service, row.name), is_secret ? "`, `…_FILE` | " : "` | ",
                    absl::StrReplaceAll(Title(row), {{"|", "\\|"}}), " | ",
                    absl::StrReplaceAll(row.doc, {{"|", "\\|"}}), " |\n");
  }
  return text;
}

std::vector<std::string> CheckRows(const std::vector<Setting>& rows) {
  std::vector<std::string> faults;
  for (const Setting& row : rows) {
    if (!row.default_value.empty()) {
      if (std::string problem = Problem(row, std::string(row.default_value)); !problem.empty()) {
        faults.push_back(absl::StrCat(row.name, ": default ", problem));
      }
    }
    if (!absl::EndsWith(row.doc, "."))
      faults.push_back(absl::StrCat(row.name, ": doc is no sentence"));
    if (row.kind == Kind::kChoice && row.choices.empty()) {
      faults.push_back(absl::StrCat(row.name, ": no choices"));
    }
    if (std::count_if(rows.begin(), rows.end(),
                      [&](const Setting& other) { return other.name == row.name; }) != 1) {
      faults.push_back(absl::StrCat(row.name, ": two rows"));
    }
  }
  return faults;
}

}  // namespace storefront::config
