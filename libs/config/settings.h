// Settings of a process: one row per setting gives its flag, variable, default, bounds and
// document.
//
// Setting `chunk_rows` of service `seeder`: flag --chunk_rows, variable
// STOREFRONT_SEEDER_CHUNK_ROWS. Precedence: default < variable < flag. A secret has a twin
// `<name>_file` (flag and variable) whose file holds the value; the secret itself is never a flag.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/config/secret.h"

namespace storefront::config {

enum class Kind {
  kString,
  kInt,
  kNumber,    // a double; NaN and infinity are refused
  kBool,      // true or false
  kDuration,  // "250ms", "10s", "5m", "24h"; bounds in seconds
  kBytes,     // "4MiB", "1GiB", "512"; bounds in bytes
  kList,      // comma-separated; blanks around items are dropped; bounds are the number of items
  kChoice,    // one of `choices`
  kSecret,    // masked everywhere
};

struct Setting {
  absl::string_view name;  // snake_case
  Kind kind = Kind::kString;
  absl::string_view default_value = {};
  std::optional<double> min = {}, max = {};
  absl::string_view unit = {};                  // for documents: "rows"
  absl::string_view doc = {};                   // one sentence: what it does, what a change costs
  bool required = false;                        // an empty value is an error
  std::vector<absl::string_view> choices = {};  // kChoice only
};

// "STOREFRONT_CONNECTOR_MANAGER_" for "connector-manager".
std::string VariablePrefix(absl::string_view service);

class Settings {
 public:
  // Reads flags and environment. All errors come at once, in one INVALID_ARGUMENT INVALID_SETTING:
  // unknown flags, unknown variables with the service's prefix (with the nearest name), values of
  // the wrong kind or outside their bounds, missing required ones, unreadable secret files.
  //
  // `environment` has entries "NAME=value", as environ does; `arguments` leaves out argv[0].
  static absl::StatusOr<Settings> Parse(absl::string_view service, std::vector<Setting> rows,
                                        const std::vector<std::string>& arguments,
                                        const std::vector<std::string>& environment);

  // Values by name and kind. A name without a row, or of another kind, ends the process: it is a
  // fault of the code, not of the user.
  const std::string& String(absl::string_view name) const;  // kString, kChoice
  int64_t Int(absl::string_view name) const;
  double Number(absl::string_view name) const;
  bool Bool(absl::string_view name) const;
  absl::Duration Duration(absl::string_view name) const;
  int64_t Bytes(absl::string_view name) const;
  std::vector<std::string> List(absl::string_view name) const;
  Secret SecretValue(absl::string_view name) const;

  // Name and value of each, secrets and passwords in addresses as ***: for the log line at start.
  std::vector<std::pair<std::string, std::string>> Effective() const;

 private:
  const std::string& Raw(absl::string_view name, Kind kind) const;
  std::vector<Setting> rows_;
  std::map<std::string, std::string, std::less<>> values_;
};

// --help: each row with flag, variable, default, bounds and sentence.
std::string HelpText(absl::string_view service, absl::string_view summary,
                     const std::vector<Setting>& rows);

// A section of docs/config.md.
std::string Markdown(absl::string_view service, const std::vector<Setting>& rows);

// The faults in the rows themselves (a default outside its bounds, a missing sentence); for a test.
std::vector<std::string> CheckRows(const std::vector<Setting>& rows);

// "4MiB" as 4194304; nothing for what is not a size.
std::optional<int64_t> ParseBytes(absl::string_view text);

}  // namespace storefront::config
