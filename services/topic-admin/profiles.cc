// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/profiles.h"

namespace storefront::topics {

const std::map<std::string, ConfigMap>& BuiltInProfiles() {
  static const auto& profiles = *new std::map<std::string, ConfigMap>{
      {"streaming",
       {{"cleanup.policy", "delete"},
        {"retention.ms", "604800000"},
        {"segment.ms", "86400000"},
        {"message.timestamp.type", "CreateTime"}}},
      {"lakehouse",
       {{"cleanup.policy", "compact"},
        {"delete.retention.ms", "604800000"},
        {"min.compaction.lag.ms", "86400000"},
        {"max.compaction.lag.ms", "604800000"},
        {"min.cleanable.dirty.ratio", "0.5"},
        {"segment.ms", "86400000"},
        {"message.timestamp.type", "LogAppendTime"}}},
      {"lakehouse_cd",
       {{"cleanup.policy", "compact,delete"},
        {"retention.ms", "2592000000"},
        {"delete.retention.ms", "604800000"},
        {"min.compaction.lag.ms", "86400000"},
        {"max.compaction.lag.ms", "604800000"},
        {"min.cleanable.dirty.ratio", "0.3"},
        {"segment.ms", "86400000"},
        {"message.timestamp.type", "LogAppendTime"}}},
      {"audit",
       {{"cleanup.policy", "delete"},
        {"retention.ms", "-1"},
        {"segment.ms", "604800000"},
        {"message.timestamp.type", "LogAppendTime"}}},
  };
  return profiles;
}

const ConfigMap* FindProfile(const TopicPolicy& policy, const std::string& name) {
  const auto own = policy.profiles.find(name);
  if (own != policy.profiles.end()) return &own->second;
  const auto built_in = BuiltInProfiles().find(name);
  return built_in == BuiltInProfiles().end() ? nullptr : &built_in->second;
}

}  // namespace storefront::topics
