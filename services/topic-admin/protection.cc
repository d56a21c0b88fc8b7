// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/protection.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::topics {

Protection::Protection(std::vector<std::string> connect_storage,
                       const std::vector<std::string>& patterns)
    : connect_storage_(connect_storage.begin(), connect_storage.end()) {
  for (const std::string& pattern : patterns) {
    patterns_.push_back(std::make_unique<RE2>(pattern, RE2::Quiet));
  }
}

std::string Protection::Why(absl::string_view topic, bool internal) const {
  if (internal) return "internal";
  // __remote_log_metadata is not marked internal by the broker, so the name decides too.
  if (absl::StartsWith(topic, "__") && !absl::StartsWith(topic, "__debezium-heartbeat.")) {
    return "reserved name";
  }
  if (IsConnectStorage(topic)) return "connect storage";
  const std::string name(topic);
  for (const auto& pattern : patterns_) {
    if (RE2::FullMatch(name, *pattern)) return absl::StrCat("policy: ", pattern->pattern());
  }
  return "";
}

}  // namespace storefront::topics
