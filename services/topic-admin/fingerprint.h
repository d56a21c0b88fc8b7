// A digest of what a plan was made from, per topic: when it differs at apply, somebody else changed
// the topic (T4).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "services/topic-admin/cluster_state.h"

namespace storefront::topics {

// Of a topic that does not exist.
inline constexpr char kAbsent[] = "absent";

// Topic id, partitions, replicas and the topic's own settings. Leaders, in-sync replicas and
// inherited values are left out: they change without anybody's decision about this topic.
std::string Fingerprint(const ObservedTopic& topic);

}  // namespace storefront::topics
