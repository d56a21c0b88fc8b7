// What a change of a topic may cost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "services/topic-admin/cluster_state.h"
#include "services/topic-admin/plan.h"

namespace storefront::topics {

// Of setting `key` from the effective value `before` to `after`. `after` nothing: it falls back to
// an inherited value that the broker does not tell, so the worst is assumed. `min_isr` is the
// smallest number of in-sync replicas of the topic's partitions.
Risk ConfigRisk(const std::string& key, const std::string& before,
                const std::optional<std::string>& after, int32_t min_isr);

// The value that a topic inherits for this setting once its own is removed. Nothing when the broker
// does not tell it in this setting's unit (log.retention.hours for retention.ms).
std::optional<std::string> InheritedValue(const ConfigEntry& entry);

}  // namespace storefront::topics
