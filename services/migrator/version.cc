// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/version.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

absl::Status InvalidVersion(absl::string_view text, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidName,
                        .message = absl::StrCat("\"", text, "\" is not a version: ", why)});
}

}  // namespace

absl::StatusOr<Version> Version::Parse(absl::string_view text) {
  if (text.empty()) return InvalidVersion(text, "it is empty");
  if (text.size() > kVersionLengthMax) return InvalidVersion(text, "it has over 50 characters");
  Version version;
  version.text_ = absl::StrReplaceAll(text, {{"_", "."}});
  for (absl::string_view part : absl::StrSplit(version.text_, '.')) {
    if (part.empty()) return InvalidVersion(text, "a part between separators is empty");
    if (!std::all_of(part.begin(), part.end(), absl::ascii_isdigit)) {
      return InvalidVersion(text, "only digits, dots and underscores are allowed");
    }
    part.remove_prefix(std::min(part.find_first_not_of('0'), part.size()));
    version.parts_.emplace_back(part);
  }
  while (!version.parts_.empty() && version.parts_.back().empty()) version.parts_.pop_back();
  return version;
}

std::string Version::Canonical() const {
  if (parts_.empty()) return "0";
  return absl::StrJoin(parts_, ".", [](std::string* out, const std::string& part) {
    absl::StrAppend(out, part.empty() ? "0" : part);
  });
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  for (size_t i = 0; i < std::max(a.parts_.size(), b.parts_.size()); ++i) {
    if (i >= a.parts_.size()) return std::strong_ordering::less;
    if (i >= b.parts_.size()) return std::strong_ordering::greater;
    const std::string& x = a.parts_[i];
    const std::string& y = b.parts_[i];
    // Without leading zeros the longer number is the larger one.
    if (x.size() != y.size()) return x.size() <=> y.size();
    if (const int order = x.compare(y); order != 0) return order <=> 0;
  }
  return std::strong_ordering::equal;
}

}  // namespace storefront::migrator
