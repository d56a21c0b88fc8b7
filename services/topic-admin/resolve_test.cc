// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Rule MakeRule(const std::string& id, int32_t priority, const std::string& regex, Wish wish) {
  return {.id = id,
          .priority = priority,
          .match = {.kind = MatchKind::kRegex, .pattern = regex},
          .wish = std::move(wish)};
}

WantedTopic Resolved(const TopicPolicy& policy, const std::string& topic) {
  const auto wanted = Resolver(policy).Resolve(topic);
  EXPECT_TRUE(wanted.has_value());
  return wanted.value_or(WantedTopic());
}

TEST(Resolver, PutsProfileUnderRulesUnderTheEntry) {
  TopicPolicy policy;
  policy.rules = {
      MakeRule("low", 1, ".*",
               {.profile = "streaming", .configs = {{"retention.ms", "1d"}, {"flush.ms", "10"}}}),
      MakeRule("high", 2, "a.*", {.configs = {{"retention.ms", "2d"}}})};
  policy.topics = {{.name = "a", .partitions = 3, .wish = {.configs = {{"flush.ms", "20"}}}}};
  const WantedTopic wanted = Resolved(policy, "a");
  EXPECT_THAT(wanted.sources, ElementsAre("rules/low", "rules/high", "topics/a"));
  EXPECT_EQ(wanted.configs.at("retention.ms").value, "172800000");
  EXPECT_EQ(wanted.configs.at("retention.ms").source, "rules/high");
  EXPECT_EQ(wanted.configs.at("flush.ms").value, "20");
  EXPECT_EQ(wanted.configs.at("cleanup.policy").source, "profiles/streaming");
  EXPECT_EQ(wanted.partition_count, 3);
}

TEST(Resolver, ALaterProfileReplacesAnEarlierOneWhole) {
  TopicPolicy policy;
  policy.rules = {MakeRule("low", 1, ".*", {.profile = "lakehouse"}),
                  MakeRule("high", 2, ".*", {.profile = "audit"})};
  const WantedTopic wanted = Resolved(policy, "a");
  EXPECT_EQ(wanted.configs.at("cleanup.policy").value, "delete");
  EXPECT_FALSE(wanted.configs.contains("min.compaction.lag.ms"));
}

TEST(Resolver, EqualPrioritiesThatDifferAreAConflictNamingBothRules) {
  TopicPolicy policy;
  policy.rules = {MakeRule("one", 5, ".*", {.configs = {{"retention.ms", "1d"}}}),
                  MakeRule("two", 5, "a", {.configs = {{"retention.ms", "2d"}}})};
  EXPECT_THAT(Resolved(policy, "a").conflicts,
              ElementsAre(::testing::AllOf(HasSubstr("rules/one"), HasSubstr("rules/two"))));
  EXPECT_THAT(Resolved(policy, "b").conflicts, IsEmpty());
}

TEST(Resolver, EqualValuesOrAStrongerLayerAreNoConflict) {
  TopicPolicy policy;
  policy.rules = {MakeRule("one", 5, ".*", {.configs = {{"retention.ms", "1d"}}}),
                  MakeRule("two", 5, ".*", {.configs = {{"retention.ms", "86400000"}}})};
  EXPECT_THAT(Resolved(policy, "a").conflicts, IsEmpty());
  policy.rules[1].wish.configs["retention.ms"] = "2d";
  policy.topics = {{.name = "a", .wish = {.configs = {{"retention.ms", "3d"}}}}};
  EXPECT_THAT(Resolved(policy, "a").conflicts, IsEmpty());
  EXPECT_EQ(Resolved(policy, "a").configs.at("retention.ms").value, "259200000");
}

TEST(Resolver, ForbiddingTakesAValueOfTheProfileAway) {
  TopicPolicy policy;
  policy.rules = {
      MakeRule("r", 1, ".*", {.profile = "streaming", .forbid_configs = {"segment.ms"}})};
  const WantedTopic wanted = Resolved(policy, "a");
  EXPECT_FALSE(wanted.configs.contains("segment.ms"));
  EXPECT_EQ(wanted.forbidden.at("segment.ms"), "rules/r");
}

TEST(Resolver, MatchesTheWholeNameAndLeavesOutWhatIsExcluded) {
  TopicPolicy policy;
  policy.rules = {MakeRule("r", 1, "a\\..+", {.keys = Keys::kKeyed})};
  policy.rules[0].match.exclude = {"a\\.x"};
  const Resolver resolver(policy);
  EXPECT_TRUE(resolver.Resolve("a.b").has_value());
  EXPECT_FALSE(resolver.Resolve("xa.b").has_value());
  EXPECT_FALSE(resolver.Resolve("a.x").has_value());
}

TEST(Resolver, PinCanBeSwitchedOff) {
  TopicPolicy policy;
  policy.rules = {MakeRule("r", 1, ".*", {.configs = {{"flush.ms", "1"}}, .pin = false})};
  EXPECT_FALSE(Resolved(policy, "a").configs.at("flush.ms").pin);
}

}  // namespace
}  // namespace storefront::topics
