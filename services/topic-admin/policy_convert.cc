// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/policy_convert.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace storefront::topics {
namespace {

// The enums of policy.h have the numbers of policy.proto, in the same order.
static_assert(static_cast<int>(Keys::kKeyless) == v1::KEYLESS);
static_assert(static_cast<int>(ConfigMode::kExclusive) == v1::EXCLUSIVE);
static_assert(static_cast<int>(Deletion::kAllowed) == v1::ALLOWED);
static_assert(static_cast<int>(OnMissing::kIgnore) == v1::IGNORE);
static_assert(static_cast<int>(LintSeverity::kError) == v1::ERROR);

class Reader {
 public:
  explicit Reader(std::vector<PolicyProblem>& problems) : problems_(problems) {}

  TopicPolicy Policy(const v1::TopicPolicy& proto) {
    TopicPolicy policy = {.version = proto.version(), .cluster_id = proto.cluster_id()};
    for (const auto& [name, profile] : proto.profiles()) {
      policy.profiles[name] = {profile.configs().begin(), profile.configs().end()};
    }
    for (int i = 0; i < proto.rules_size(); ++i) {
      policy.rules.push_back(ReadRule(proto.rules(i), absl::StrCat("rules[", i, "]")));
    }
    for (int i = 0; i < proto.topics_size(); ++i) {
      policy.topics.push_back(ReadEntry(proto.topics(i), absl::StrCat("topics[", i, "]")));
    }
    policy.protected_patterns = {proto.protected_().begin(), proto.protected_().end()};
    for (const auto& [id, severity] : proto.lint()) {
      policy.lint[id] = Enum<LintSeverity>(severity, v1::LintSeverity_IsValid(severity),
                                           absl::StrCat("lint[\"", id, "\"]"));
    }
    return policy;
  }

 private:
  template <typename Ours, typename Theirs>
  Ours Enum(Theirs value, bool is_valid, const std::string& path) {
    if (is_valid) return static_cast<Ours>(value);
    problems_.push_back({path, absl::StrCat("has no value of number ", static_cast<int>(value))});
    return Ours();
  }

  template <typename Proto>
  Wish ReadWish(const Proto& proto, const std::string& path) {
    Wish wish = {.profile = proto.profile()};
    wish.configs = {proto.configs().begin(), proto.configs().end()};
    wish.forbid_configs = {proto.forbid_configs().begin(), proto.forbid_configs().end()};
    wish.keys =
        Enum<Keys>(proto.keys(), v1::TopicKeys_IsValid(proto.keys()), absl::StrCat(path, ".keys"));
    wish.config_mode =
        Enum<ConfigMode>(proto.config_mode(), v1::ConfigMode_IsValid(proto.config_mode()),
                         absl::StrCat(path, ".configMode"));
    wish.deletion = Enum<Deletion>(proto.deletion(), v1::TopicDeletion_IsValid(proto.deletion()),
                                   absl::StrCat(path, ".deletion"));
    if (proto.has_pin()) wish.pin = proto.pin();
    return wish;
  }

  Rule ReadRule(const v1::TopicRule& proto, const std::string& path) {
    Rule rule = {.id = proto.id(), .priority = proto.priority()};
    switch (proto.match().pattern_case()) {
      case v1::TopicMatch::PATTERN_NOT_SET:
        break;
      case v1::TopicMatch::kRegex:
        rule.match = {.kind = MatchKind::kRegex, .pattern = proto.match().regex()};
        break;
      case v1::TopicMatch::kPrefix:
        rule.match = {.kind = MatchKind::kPrefix, .pattern = proto.match().prefix()};
        break;
      case v1::TopicMatch::kExact:
        rule.match = {.kind = MatchKind::kExact, .pattern = proto.match().exact()};
        break;
    }
    rule.match.exclude = {proto.match().exclude().begin(), proto.match().exclude().end()};
    if (proto.partitions().has_count()) rule.partition_count = proto.partitions().count();
    if (proto.partitions().has_min()) rule.partition_min = proto.partitions().min();
    if (proto.partitions().has_max()) rule.partition_max = proto.partitions().max();
    if (proto.replication().has_factor()) rule.replication_factor = proto.replication().factor();
    if (proto.replication().has_min()) rule.replication_min = proto.replication().min();
    rule.wish = ReadWish(proto, path);
    return rule;
  }

  TopicEntry ReadEntry(const v1::TopicEntry& proto, const std::string& path) {
    TopicEntry entry = {.name = proto.name(),
                        .partitions = proto.partitions(),
                        .replication_factor = proto.replication_factor()};
    entry.on_missing =
        Enum<OnMissing>(proto.on_missing(), v1::OnMissing_IsValid(proto.on_missing()),
                        absl::StrCat(path, ".onMissing"));
    entry.acknowledge_internal = proto.acknowledge_internal();
    entry.wish = ReadWish(proto, path);
    return entry;
  }

  std::vector<PolicyProblem>& problems_;
};

template <typename Proto>
void WriteWish(const Wish& wish, Proto& proto) {
  proto.set_profile(wish.profile);
  for (const auto& [key, value] : wish.configs) (*proto.mutable_configs())[key] = value;
  for (const std::string& key : wish.forbid_configs) proto.add_forbid_configs(key);
  proto.set_keys(static_cast<v1::TopicKeys>(wish.keys));
  proto.set_config_mode(static_cast<v1::ConfigMode>(wish.config_mode));
  proto.set_deletion(static_cast<v1::TopicDeletion>(wish.deletion));
  if (wish.pin) proto.set_pin(*wish.pin);
}

void WriteMatch(const Match& match, v1::TopicMatch& proto) {
  switch (match.kind) {
    case MatchKind::kNone:
      break;
    case MatchKind::kRegex:
      proto.set_regex(match.pattern);
      break;
    case MatchKind::kPrefix:
      proto.set_prefix(match.pattern);
      break;
    case MatchKind::kExact:
      proto.set_exact(match.pattern);
      break;
  }
  for (const std::string& exclude : match.exclude) proto.add_exclude(exclude);
}

void WriteRule(const Rule& rule, v1::TopicRule& proto) {
  proto.set_id(rule.id);
  proto.set_priority(rule.priority);
  WriteMatch(rule.match, *proto.mutable_match());
  if (rule.partition_count) proto.mutable_partitions()->set_count(*rule.partition_count);
  if (rule.partition_min) proto.mutable_partitions()->set_min(*rule.partition_min);
  if (rule.partition_max) proto.mutable_partitions()->set_max(*rule.partition_max);
  if (rule.replication_factor) proto.mutable_replication()->set_factor(*rule.replication_factor);
  if (rule.replication_min) proto.mutable_replication()->set_min(*rule.replication_min);
  WriteWish(rule.wish, proto);
}

}  // namespace

TopicPolicy FromProto(const v1::TopicPolicy& proto, std::vector<PolicyProblem>& problems) {
  return Reader(problems).Policy(proto);
}

v1::TopicPolicy ToProto(const TopicPolicy& policy) {
  v1::TopicPolicy proto;
  proto.set_version(policy.version);
  proto.set_cluster_id(policy.cluster_id);
  for (const auto& [name, configs] : policy.profiles) {
    auto& profile = (*proto.mutable_profiles())[name];
    for (const auto& [key, value] : configs) (*profile.mutable_configs())[key] = value;
  }
  for (const Rule& rule : policy.rules) WriteRule(rule, *proto.add_rules());
  for (const TopicEntry& entry : policy.topics) {
    v1::TopicEntry& topic = *proto.add_topics();
    topic.set_name(entry.name);
    topic.set_partitions(entry.partitions);
    topic.set_replication_factor(entry.replication_factor);
    topic.set_on_missing(static_cast<v1::OnMissing>(entry.on_missing));
    topic.set_acknowledge_internal(entry.acknowledge_internal);
    WriteWish(entry.wish, topic);
  }
  for (const std::string& pattern : policy.protected_patterns) proto.add_protected_(pattern);
  for (const auto& [id, severity] : policy.lint) {
    (*proto.mutable_lint())[id] = static_cast<v1::LintSeverity>(severity);
  }
  return proto;
}

v1::PolicyFinding ToProto(const Finding& finding) {
  v1::PolicyFinding proto;
  proto.set_id(finding.id);
  proto.set_severity(static_cast<v1::LintSeverity>(finding.severity));
  proto.set_subject(finding.subject);
  proto.set_description(finding.description);
  return proto;
}

}  // namespace storefront::topics
