// Wishes that Kafka would accept and the data would suffer from, or that Kafka refuses late.
//
// Here are the lints that apply needs, all of them errors that block the topic: L3, L6, L8, L10,
// L13. The others come with the lint report.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "services/topic-admin/cluster_state.h"
#include "services/topic-admin/resolve.h"

namespace storefront::topics {

struct LintError {
  std::string id;  // "L3"
  std::string message;
  bool operator==(const LintError&) const = default;
};

// The first error of this topic as it would be, by id. `observed` is null for a topic that is not
// there yet; `twins` maps metric names of the cluster's topics to the topic.
std::optional<LintError> LintTopic(const std::string& topic, const WantedTopic& wanted,
                                   const ObservedTopic* observed, const ClusterInfo& cluster,
                                   const std::map<std::string, std::string>& twins);

}  // namespace storefront::topics
