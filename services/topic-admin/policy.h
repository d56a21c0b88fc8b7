// The topic policy as values: what the policy file says, nothing resolved.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace storefront::topics {

using ConfigMap = std::map<std::string, std::string>;

enum class Keys { kUnspecified, kKeyed, kKeyless };
enum class ConfigMode { kUnspecified, kMerge, kExclusive };
enum class Deletion { kUnspecified, kForbidden, kAllowed };
enum class OnMissing { kUnspecified, kCreate, kIgnore };
enum class LintSeverity { kUnspecified, kOff, kInfo, kWarn, kError };
enum class MatchKind { kNone, kRegex, kPrefix, kExact };

struct Match {
  MatchKind kind = MatchKind::kNone;
  std::string pattern;
  std::vector<std::string> exclude;  // RE2, whole name
};

// What a rule and an entry have in common.
struct Wish {
  std::string profile;  // empty: none
  ConfigMap configs;
  std::vector<std::string> forbid_configs;
  Keys keys = Keys::kUnspecified;
  ConfigMode config_mode = ConfigMode::kUnspecified;
  Deletion deletion = Deletion::kUnspecified;
  std::optional<bool> pin;
};

struct Rule {
  std::string id;
  int32_t priority = 0;
  Match match;
  std::optional<int32_t> partition_count, partition_min, partition_max;
  std::optional<int32_t> replication_factor, replication_min;
  Wish wish;
};

struct TopicEntry {
  std::string name;
  int32_t partitions = 0;          // 0: the broker's default
  int32_t replication_factor = 0;  // 0: the broker's default
  OnMissing on_missing = OnMissing::kUnspecified;
  bool acknowledge_internal = false;
  Wish wish;
};

struct TopicPolicy {
  std::string version;
  std::string cluster_id;  // empty: any
  std::map<std::string, ConfigMap> profiles;
  std::vector<Rule> rules;
  std::vector<TopicEntry> topics;
  std::vector<std::string> protected_patterns;
  std::map<std::string, LintSeverity> lint;
};

// Something wrong in a policy: `path` as in the file (`rules[0].match.regex`).
struct PolicyProblem {
  std::string path;
  std::string description;
  bool operator==(const PolicyProblem&) const = default;
};

// Something that a person should know, without blocking.
struct Finding {
  std::string id;  // "L3", "EXTRA_OVERRIDE"
  LintSeverity severity = LintSeverity::kInfo;
  std::string subject;  // a path of the policy, or a topic
  std::string description;
  bool operator==(const Finding&) const = default;
};

}  // namespace storefront::topics
