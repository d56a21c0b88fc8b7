// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/risk.h"

#include <cstdint>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/topic-admin/config_value.h"

namespace storefront::topics {
namespace {

// A lower value lets records go earlier.
const std::set<absl::string_view> kKeepsRecords = {
    "retention.ms",          "retention.bytes",    "delete.retention.ms",  "min.compaction.lag.ms",
    "max.compaction.lag.ms", "local.retention.ms", "local.retention.bytes"};

Risk CleanupRisk(const std::string& before, const std::string& after) {
  for (const char* policy : {"compact", "delete"}) {
    if (ListHas(after, policy) && !ListHas(before, policy)) return Risk::kDataLoss;
  }
  return Risk::kSafe;
}

// Milliseconds in a broker setting of another unit: 3 600 000 for "log.retention.hours".
int64_t UnitFactor(absl::string_view broker_key) {
  if (absl::EndsWith(broker_key, ".hours")) return 3'600'000;
  if (absl::EndsWith(broker_key, ".minutes")) return 60'000;
  return 1;
}

}  // namespace

Risk ConfigRisk(const std::string& key, const std::string& before,
                const std::optional<std::string>& after, int32_t min_isr) {
  if (after && SameValue(key, before, *after)) return Risk::kSafe;
  if (kKeepsRecords.contains(key)) {
    const auto from = Magnitude(key, before);
    const auto to = after ? Magnitude(key, *after) : std::nullopt;
    return from && to && *to >= *from ? Risk::kSafe : Risk::kDataLoss;
  }
  if (key == "cleanup.policy") return after ? CleanupRisk(before, *after) : Risk::kDataLoss;
  if (key == "remote.log.delete.on.disable") {
    return after == "false" ? Risk::kSafe : Risk::kDataLoss;
  }
  if (key == "message.timestamp.type") return Risk::kOrdering;
  if (key == "min.insync.replicas") {
    const auto from = Magnitude(key, before);
    const auto to = after ? Magnitude(key, *after) : std::nullopt;
    if (!to) return Risk::kAvailability;
    return (!from || *to > *from) && *to >= min_isr ? Risk::kAvailability : Risk::kSafe;
  }
  if (key == "unclean.leader.election.enable") {
    return after == "false" ? Risk::kSafe : Risk::kAvailability;
  }
  if (key == "max.message.bytes") {
    const auto from = Magnitude(key, before);
    const auto to = after ? Magnitude(key, *after) : std::nullopt;
    return from && to && *to >= *from ? Risk::kSafe : Risk::kAvailability;
  }
  return Risk::kSafe;
}

std::optional<std::string> InheritedValue(const ConfigEntry& entry) {
  if (entry.source != ConfigSource::kTopic) return entry.value;
  for (const ConfigSynonym& synonym : entry.synonyms) {
    if (synonym.source == ConfigSource::kTopic) continue;
    const int64_t factor = UnitFactor(synonym.name);
    if (factor == 1) return synonym.value;
    int64_t number = 0;
    if (!absl::SimpleAtoi(synonym.value, &number) ||
        number > std::numeric_limits<int64_t>::max() / factor) {
      return std::nullopt;
    }
    return number < 0 ? synonym.value : absl::StrCat(number * factor);
  }
  return std::nullopt;
}

}  // namespace storefront::topics
