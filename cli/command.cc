// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/settings_rows.h"

namespace storefront::cli {

absl::StatusOr<absl::Duration> Inputs::Time(const std::string& flag,
                                            absl::Duration fallback) const {
  if (!Has(flag)) return fallback;
  absl::Duration duration;
  if (!absl::ParseDuration(Text(flag), &duration) || duration < absl::ZeroDuration()) {
    return UsageError(absl::StrCat("--", flag, ": '", Text(flag),
                                   "' is not a duration such as 250ms, 10s or 5m."));
  }
  return duration;
}

std::string Command::Name() const { return absl::StrJoin(words, " "); }

const std::vector<Flag>& CommonFlags() {
  static const auto& flags = *new std::vector<Flag>([] {
    std::vector<Flag> all = {{.name = "help", .doc = "Shows this text.", .letter = 'h'}};
    for (const config::Setting& row : SettingRows()) {
      Flag flag{.name = FlagName(row.name), .value = ValueName(row), .doc = std::string(row.doc)};
      if (row.name == "output") flag.letter = 'o';
      all.push_back(std::move(flag));
    }
    return all;
  }());
  return flags;
}

}  // namespace storefront::cli
