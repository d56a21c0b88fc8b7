// A migration's version: unsigned integers of any length, joined by dots.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::migrator {

inline constexpr size_t kVersionLengthMax = 50;  // the history column's width

// Versions compare part by part and a missing part counts as 0: 1 = 1.0 = 001, and 1.10 > 1.9.
class Version {
 public:
  // From a file name or a history row: `_` separates like `.` ("009_4" is "009.4").
  // INVALID_ARGUMENT INVALID_NAME for an empty part, a character that is no digit, more than 50
  // characters.
  static absl::StatusOr<Version> Parse(absl::string_view text);

  // As written, with its zeros: what the history table stores.
  const std::string& text() const { return text_; }

  // Equal versions have equal canonical texts: "009.4.0" is "9.4".
  std::string Canonical() const;

  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

 private:
  std::string text_;
  std::vector<std::string> parts_;  // without leading zeros ("" is 0), without trailing zero parts
};

}  // namespace storefront::migrator
