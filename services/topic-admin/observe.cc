// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/observe.h"

#include <algorithm>
#include <utility>

#include "libs/status/macros.h"

namespace storefront::topics {

absl::Status ForEachBatch(
    const std::vector<std::string>& names, size_t batch,
    const std::function<absl::Status(const std::vector<std::string>&)>& body) {
  for (size_t begin = 0; begin < names.size(); begin += batch) {
    const size_t end = std::min(begin + batch, names.size());
    using Offset = std::vector<std::string>::difference_type;
    RETURN_IF_ERROR(body(
        {names.begin() + static_cast<Offset>(begin), names.begin() + static_cast<Offset>(end)}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, ObservedTopic>> ObserveTopics(
    ClusterAdmin& cluster, const std::vector<std::string>& names, size_t batch_topics,
    const CallLimits& limits) {
  std::map<std::string, ObservedTopic> observed;
  const auto read = [&](const std::vector<std::string>& batch) -> absl::Status {
    ASSIGN_OR_RETURN(auto states, cluster.DescribeTopics(batch, limits));
    ASSIGN_OR_RETURN(auto configs, cluster.DescribeConfigs(batch, limits));
    for (auto& [name, state] : states) {
      absl::StatusOr<TopicConfigs>& config = configs.at(name);
      if (absl::IsNotFound(state.status()) || absl::IsNotFound(config.status())) continue;
      RETURN_IF_ERROR(state.status());
      RETURN_IF_ERROR(config.status());
      observed[name] = {.state = *std::move(state), .configs = *std::move(config)};
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachBatch(names, batch_topics, read));
  return observed;
}

absl::StatusOr<ClusterState> Observe(ClusterAdmin& cluster, const std::vector<std::string>& only,
                                     size_t batch_topics, const CallLimits& limits) {
  ClusterState state;
  ASSIGN_OR_RETURN(state.cluster, cluster.DescribeCluster(limits));
  std::vector<std::string> names = only;
  if (names.empty()) {
    ASSIGN_OR_RETURN(names, cluster.ListTopics(limits));
  }
  ASSIGN_OR_RETURN(state.topics, ObserveTopics(cluster, names, batch_topics, limits));
  return state;
}

}  // namespace storefront::topics
