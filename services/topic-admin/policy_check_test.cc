// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/policy_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace storefront::topics {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TopicPolicy Good() {
  TopicPolicy policy = {.version = "1"};
  Rule rule = {.id = "tables", .match = {.kind = MatchKind::kRegex, .pattern = "a\\..+"}};
  rule.wish.profile = "streaming";
  rule.wish.configs = {{"retention.ms", "7d"}};
  policy.rules.push_back(rule);
  policy.topics.push_back({.name = "a.b", .partitions = 3});
  return policy;
}

TEST(CheckPolicy, AcceptsAGoodPolicy) {
  EXPECT_THAT(CheckPolicy(Good()).problems, IsEmpty());
  EXPECT_THAT(CheckPolicy(Good()).findings, IsEmpty());
}

struct PolicyCheckCase {
  const char* path;  // of the one problem
  std::function<void(TopicPolicy&)> spoil;
};

const PolicyCheckCase kPolicyCheckCases[] = {
    {"version", [](TopicPolicy& p) { p.version = "2"; }},
    {"profiles[\"streaming\"]", [](TopicPolicy& p) { p.profiles["streaming"] = {}; }},
    {"profiles[\"Mine\"]", [](TopicPolicy& p) { p.profiles["Mine"] = {}; }},
    {"profiles[\"mine\"].configs[\"retention.ms\"]",
     [](TopicPolicy& p) { p.profiles["mine"] = {{"retention.ms", "soon"}}; }},
    {"rules[0].id", [](TopicPolicy& p) { p.rules[0].id = "Bad Id"; }},
    {"rules[1].id", [](TopicPolicy& p) { p.rules.push_back(p.rules[0]); }},
    {"rules[0].priority", [](TopicPolicy& p) { p.rules[0].priority = -1; }},
    {"rules[0].match", [](TopicPolicy& p) { p.rules[0].match = {}; }},
    {"rules[0].match.regex", [](TopicPolicy& p) { p.rules[0].match.pattern = "("; }},
    {"rules[0].match.regex",
     [](TopicPolicy& p) { p.rules[0].match.pattern = std::string(513, 'a'); }},
    {"rules[0].match.prefix",
     [](TopicPolicy& p) { p.rules[0].match = {.kind = MatchKind::kPrefix}; }},
    {"rules[0].match.exact",
     [](TopicPolicy& p) { p.rules[0].match = {.kind = MatchKind::kExact, .pattern = "a b"}; }},
    {"rules[0].match.exclude[0]", [](TopicPolicy& p) { p.rules[0].match.exclude = {"["}; }},
    {"rules[0].profile", [](TopicPolicy& p) { p.rules[0].wish.profile = "nope"; }},
    {"rules[0].configs[\"retention.ms\"]",
     [](TopicPolicy& p) { p.rules[0].wish.configs["retention.ms"] = "1.5d"; }},
    {"rules[0].forbidConfigs[0]",
     [](TopicPolicy& p) { p.rules[0].wish.forbid_configs = {"retention.ms"}; }},
    {"rules[0].partitions.count", [](TopicPolicy& p) { p.rules[0].partition_count = 0; }},
    {"rules[0].partitions",
     [](TopicPolicy& p) {
       p.rules[0].partition_min = 3;
       p.rules[0].partition_max = 2;
     }},
    {"rules[0].replication",
     [](TopicPolicy& p) {
       p.rules[0].replication_factor = 1;
       p.rules[0].replication_min = 1;
     }},
    {"topics[0].name", [](TopicPolicy& p) { p.topics[0].name = ".."; }},
    {"topics[1].name", [](TopicPolicy& p) { p.topics.push_back({.name = "a.b"}); }},
    {"topics[1].name", [](TopicPolicy& p) { p.topics.push_back({.name = "a_b"}); }},
    {"topics[0].partitions", [](TopicPolicy& p) { p.topics[0].partitions = -1; }},
    {"protected[0]", [](TopicPolicy& p) { p.protected_patterns = {"*"}; }},
    {"lint[\"L99\"]", [](TopicPolicy& p) { p.lint["L99"] = LintSeverity::kWarn; }},
    {"lint[\"L3\"]", [](TopicPolicy& p) { p.lint["L3"] = LintSeverity::kOff; }},
};

TEST(CheckPolicy, NamesThePlaceOfEachProblem) {
  for (const PolicyCheckCase& c : kPolicyCheckCases) {
    SCOPED_TRACE(c.path);
    TopicPolicy policy = Good();
    c.spoil(policy);
    EXPECT_THAT(CheckPolicy(policy).problems, ElementsAre(Field(&PolicyProblem::path, c.path)));
  }
}

TEST(CheckPolicy, TellsAllProblemsAtOnceUpToAHundred) {
  TopicPolicy policy = Good();
  for (const PolicyCheckCase& c : kPolicyCheckCases) c.spoil(policy);
  EXPECT_GT(CheckPolicy(policy).problems.size(), 10U);
  policy.topics.assign(200, {.name = "bad name"});
  EXPECT_THAT(CheckPolicy(policy).problems, SizeIs(kMaxProblems));
}

TEST(CheckPolicy, AnUnknownKeyIsOnlyAWarning) {
  TopicPolicy policy = Good();
  policy.rules[0].wish.configs["retentoin.ms"] = "1";
  EXPECT_THAT(CheckPolicy(policy).problems, IsEmpty());
  EXPECT_THAT(CheckPolicy(policy).findings,
              ElementsAre(Field(&Finding::subject, "rules[0].configs[\"retentoin.ms\"]")));
}

TEST(CheckPolicy, LimitsTheNumberOfRules) {
  TopicPolicy policy = Good();
  EXPECT_THAT(CheckPolicy(policy, {.max_rules = 0}).problems,
              ElementsAre(Field(&PolicyProblem::path, "rules")));
}

}  // namespace
}  // namespace storefront::topics
