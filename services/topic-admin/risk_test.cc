// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/risk.h"

#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

struct RiskCase {
  const char* key;
  const char* before;
  const char* after;  // null: falls back to what is not told
  Risk risk;
};

constexpr RiskCase kRiskCases[] = {
    {"retention.ms", "1000", "2000", Risk::kSafe},
    {"retention.ms", "2000", "1000", Risk::kDataLoss},
    {"retention.ms", "2000", "-1", Risk::kSafe},
    {"retention.ms", "-1", "2000", Risk::kDataLoss},
    {"retention.ms", "2000", nullptr, Risk::kDataLoss},
    {"retention.bytes", "-1", "5", Risk::kDataLoss},
    {"delete.retention.ms", "2", "1", Risk::kDataLoss},
    {"min.compaction.lag.ms", "2", "1", Risk::kDataLoss},
    {"max.compaction.lag.ms", "9223372036854775807", "1", Risk::kDataLoss},
    {"cleanup.policy", "delete", "compact,delete", Risk::kDataLoss},
    {"cleanup.policy", "compact", "delete", Risk::kDataLoss},
    {"cleanup.policy", "compact,delete", "delete", Risk::kSafe},
    {"cleanup.policy", "delete,compact", "compact,delete", Risk::kSafe},
    {"message.timestamp.type", "CreateTime", "LogAppendTime", Risk::kOrdering},
    {"min.insync.replicas", "1", "2", Risk::kSafe},
    {"min.insync.replicas", "1", "3", Risk::kAvailability},
    {"min.insync.replicas", "3", "2", Risk::kSafe},
    {"unclean.leader.election.enable", "false", "true", Risk::kAvailability},
    {"unclean.leader.election.enable", "true", "false", Risk::kSafe},
    {"max.message.bytes", "2", "1", Risk::kAvailability},
    {"max.message.bytes", "1", "2", Risk::kSafe},
    {"segment.ms", "2", "1", Risk::kSafe},
    {"retention.ms", "1000", "1000", Risk::kSafe},
};

TEST(ConfigRisk, SaysWhatAChangeMayCost) {
  constexpr int32_t kMinIsr = 3;
  for (const RiskCase& c : kRiskCases) {
    SCOPED_TRACE(c.key);
    const auto after = c.after == nullptr ? std::nullopt : std::optional<std::string>(c.after);
    EXPECT_EQ(ConfigRisk(c.key, c.before, after, kMinIsr), c.risk) << c.before;
  }
}

TEST(InheritedValue, TakesTheStrongestSynonymThatIsNotTheTopicsOwn) {
  ConfigEntry entry = {.value = "1",
                       .source = ConfigSource::kTopic,
                       .synonyms = {{"retention.ms", "1", ConfigSource::kTopic}}};
  EXPECT_EQ(InheritedValue(entry), std::nullopt);
  entry.synonyms.push_back({"log.retention.hours", "168", ConfigSource::kStaticBroker});
  EXPECT_EQ(InheritedValue(entry), "604800000");
  entry.synonyms[1] = {"log.retention.ms", "5", ConfigSource::kDynamicBroker};
  EXPECT_EQ(InheritedValue(entry), "5");
  entry.source = ConfigSource::kDefault;
  EXPECT_EQ(InheritedValue(entry), "1");
}

}  // namespace
}  // namespace storefront::topics
