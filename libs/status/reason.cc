// SPDX-License-Identifier: Apache-2.0
#include "libs/status/reason.h"

namespace storefront::status {

const std::vector<ReasonInfo>& AllReasons() {
  static const auto& all = *new std::vector<ReasonInfo>{
#define STOREFRONT_REASON(enumerator, name, number, hint) {Reason::enumerator, #name, hint},
#include "libs/status/reasons.inc"
#undef STOREFRONT_REASON
  };
  return all;
}

absl::string_view ReasonName(Reason reason) {
  for (const ReasonInfo& info : AllReasons()) {
    if (info.reason == reason) return info.name;
  }
  return "REASON_UNSPECIFIED";
}

absl::string_view ReasonHint(Reason reason) {
  for (const ReasonInfo& info : AllReasons()) {
    if (info.reason == reason) return info.hint;
  }
  return "";
}

std::optional<Reason> ReasonFromName(absl::string_view name) {
  for (const ReasonInfo& info : AllReasons()) {
    if (info.name == name) return info.reason;
  }
  return std::nullopt;
}

}  // namespace storefront::status
