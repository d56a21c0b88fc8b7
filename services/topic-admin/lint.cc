// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/lint.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/topic-admin/config_value.h"
#include "services/topic-admin/risk.h"
#include "services/topic-admin/topic_name.h"

namespace storefront::topics {
namespace {

// The value a setting will have: wanted, else as observed, else nothing.
std::optional<std::string> Future(const std::string& key, const WantedTopic& wanted,
                                  const ObservedTopic* observed) {
  const auto asked = wanted.configs.find(key);
  if (asked != wanted.configs.end()) return asked->second.value;
  if (observed == nullptr) return std::nullopt;
  const auto seen = observed->configs.find(key);
  if (seen == observed->configs.end()) return std::nullopt;
  const bool removed = wanted.exclusive || wanted.forbidden.contains(key);
  return removed ? InheritedValue(seen->second) : std::optional(seen->second.value);
}

std::optional<std::string> Compaction(const WantedTopic& wanted, const ObservedTopic* observed) {
  const auto cleanup = Future("cleanup.policy", wanted, observed);
  if (!cleanup || !ListHas(*cleanup, "compact")) return std::nullopt;
  if (wanted.keys == Keys::kKeyless) {
    return "cleanup.policy has `compact`, but the policy says that records have no key: producing "
           "would fail and the first cleaning would drop records. Use `delete`.";
  }
  const bool is_new_on_data = observed != nullptr && wanted.configs.contains("cleanup.policy") &&
                              !ListHas(observed->configs.contains("cleanup.policy")
                                           ? observed->configs.at("cleanup.policy").value
                                           : "",
                                       "compact");
  if (is_new_on_data && wanted.keys != Keys::kKeyed) {
    return "adding `compact` to an existing topic silently drops records without key. Say "
           "`\"keys\": \"KEYED\"` in the rule when every record has one.";
  }
  return std::nullopt;
}

std::optional<std::string> Lags(const WantedTopic& wanted, const ObservedTopic* observed) {
  const auto min = Future("min.compaction.lag.ms", wanted, observed);
  const auto max = Future("max.compaction.lag.ms", wanted, observed);
  if (!min || !max) return std::nullopt;
  const auto min_ms = Magnitude("min.compaction.lag.ms", *min);
  const auto max_ms = Magnitude("max.compaction.lag.ms", *max);
  if (!min_ms || !max_ms || *min_ms <= *max_ms) return std::nullopt;
  return absl::StrCat("min.compaction.lag.ms (", *min, ") is longer than max.compaction.lag.ms (",
                      *max, ").");
}

}  // namespace

std::optional<LintError> LintTopic(const std::string& topic, const WantedTopic& wanted,
                                   const ObservedTopic* observed, const ClusterInfo& cluster,
                                   const std::map<std::string, std::string>& twins) {
  if (observed == nullptr) {
    if (const std::string problem = TopicNameProblem(topic); !problem.empty()) {
      return LintError{"L10", problem};
    }
    const auto twin = twins.find(MetricName(topic));
    if (twin != twins.end() && twin->second != topic) {
      return LintError{"L10", absl::StrCat("`", topic, "` differs from the existing topic `",
                                           twin->second, "` only in `.` and `_`.")};
    }
  }
  if (const auto problem = Compaction(wanted, observed)) return LintError{"L3", *problem};
  const auto brokers = static_cast<int32_t>(cluster.brokers.size());
  for (const auto& factor : {wanted.replication_factor, wanted.replication_min}) {
    if (factor && *factor > brokers) {
      return LintError{"L6", absl::StrCat("replication factor ", *factor,
                                          " needs as many brokers; ", brokers, " are alive.")};
    }
  }
  if (const auto problem = Lags(wanted, observed)) return LintError{"L8", *problem};
  const auto cleanup = wanted.configs.find("cleanup.policy");
  if (cleanup != wanted.configs.end() && cleanup->second.value.empty()) {
    return LintError{"L13", "an empty cleanup.policy never removes anything: the disk fills."};
  }
  return std::nullopt;
}

}  // namespace storefront::topics
