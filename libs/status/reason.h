// The stable names of what can go wrong, for code without protobuf.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::status {

// Equal, by a test, to storefront.errors.v1.Reason. A new reason is one row in reasons.inc and one
// value in errors.proto.
enum class Reason : int {
  kUnspecified = 0,
#define STOREFRONT_REASON(enumerator, name, number, hint) enumerator = (number),
#include "libs/status/reasons.inc"
#undef STOREFRONT_REASON
};

struct ReasonInfo {
  Reason reason;
  absl::string_view name;  // as on the wire: "CHECKSUM_MISMATCH"
  absl::string_view hint;  // one sentence: what a person does next
};

// All reasons by number, without kUnspecified.
const std::vector<ReasonInfo>& AllReasons();

// "REASON_UNSPECIFIED" for kUnspecified or a number that has no row.
absl::string_view ReasonName(Reason reason);

// Empty for kUnspecified.
absl::string_view ReasonHint(Reason reason);

// Empty when no reason has this name (a newer server).
std::optional<Reason> ReasonFromName(absl::string_view name);

}  // namespace storefront::status
