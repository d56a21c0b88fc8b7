// Reading a cluster in batches.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/cluster_state.h"

namespace storefront::topics {

// Calls `body` with at most `batch` names at a time, in order; stops at the first error.
absl::Status ForEachBatch(const std::vector<std::string>& names, size_t batch,
                          const std::function<absl::Status(const std::vector<std::string>&)>& body);

// Cluster, topics and their settings. `only` names topics to read; empty: all. A topic that is gone
// between listing and describing is left out; every other failure fails the whole (no partial
// state).
absl::StatusOr<ClusterState> Observe(ClusterAdmin& cluster, const std::vector<std::string>& only,
                                     size_t batch_topics, const CallLimits& limits);

// The same for topics alone, without the cluster itself.
absl::StatusOr<std::map<std::string, ObservedTopic>> ObserveTopics(
    ClusterAdmin& cluster, const std::vector<std::string>& names, size_t batch_topics,
    const CallLimits& limits);

}  // namespace storefront::topics
