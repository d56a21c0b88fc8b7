// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/fingerprint.h"

#include <algorithm>

#include "services/topic-admin/digest.h"

namespace storefront::topics {

std::string Fingerprint(const ObservedTopic& topic) {
  Digest digest;
  digest.Add(topic.state.name).Add(topic.state.topic_id);
  digest.Add(static_cast<int64_t>(topic.state.partitions.size()));
  for (const PartitionState& partition : topic.state.partitions) {
    std::vector<int32_t> replicas = partition.replicas;
    std::sort(replicas.begin(), replicas.end());
    digest.Add(partition.id).Add(static_cast<int64_t>(replicas.size()));
    for (const int32_t replica : replicas) digest.Add(replica);
  }
  for (const auto& [key, entry] : topic.configs) {
    if (entry.source == ConfigSource::kTopic) digest.Add(key).Add(entry.value);
  }
  return digest.Hex();
}

}  // namespace storefront::topics
