// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/policy_check.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/topic-admin/config_value.h"
#include "services/topic-admin/profiles.h"
#include "services/topic-admin/topic_name.h"

namespace storefront::topics {
namespace {

// Lints whose severity is fixed, because Kafka or the data would break.
const std::set<absl::string_view> kFixedLints = {"L3", "L6", "L7", "L8", "L10", "L13", "L15"};
const std::set<absl::string_view> kLints = {"L1", "L2",  "L3",  "L4",  "L5",  "L6",  "L7", "L8",
                                            "L9", "L10", "L11", "L12", "L13", "L14", "L15"};

class Checker {
 public:
  Checker(const TopicPolicy& policy, const PolicyLimits& limits)
      : policy_(policy), limits_(limits) {}

  PolicyReport Run() {
    if (policy_.version != "1") {
      Problem("version", absl::StrCat("must be \"1\", is \"", policy_.version, "\""));
    }
    for (const auto& [name, configs] : policy_.profiles) CheckProfile(name, configs);
    CheckCount("rules", policy_.rules.size(), limits_.max_rules);
    CheckCount("topics", policy_.topics.size(), limits_.max_topics);
    for (size_t i = 0; i < policy_.rules.size(); ++i) {
      CheckRule(absl::StrCat("rules[", i, "]"), policy_.rules[i]);
    }
    for (size_t i = 0; i < policy_.topics.size(); ++i) {
      CheckEntry(absl::StrCat("topics[", i, "]"), policy_.topics[i]);
    }
    for (size_t i = 0; i < policy_.protected_patterns.size(); ++i) {
      CheckRegex(absl::StrCat("protected[", i, "]"), policy_.protected_patterns[i]);
    }
    for (const auto& [id, severity] : policy_.lint) CheckLint(id);
    return std::move(report_);
  }

 private:
  void Problem(absl::string_view path, absl::string_view description) {
    if (report_.problems.size() < kMaxProblems) {
      report_.problems.push_back({std::string(path), std::string(description)});
    }
  }

  void CheckCount(absl::string_view path, size_t count, size_t max) {
    if (count > max)
      Problem(path, absl::StrCat("has ", count, " items, at most ", max, " are allowed"));
  }

  void CheckProfile(const std::string& name, const ConfigMap& configs) {
    static const auto& pattern = *new RE2("[a-z][a-z0-9_]{0,62}");
    const std::string path = absl::StrCat("profiles[\"", name, "\"]");
    if (!RE2::FullMatch(name, pattern)) {
      Problem(path, "a profile's name is lower case letters, digits and `_`, at most 63");
    }
    if (BuiltInProfiles().contains(name)) Problem(path, "a built-in profile cannot be redefined");
    CheckConfigs(path, configs);
  }

  void CheckConfigs(absl::string_view path, const ConfigMap& configs) {
    for (const auto& [key, value] : configs) {
      const std::string at = absl::StrCat(path, ".configs[\"", key, "\"]");
      if (key.empty()) {
        Problem(at, "a setting's name cannot be empty");
        continue;
      }
      if (KindOf(key) == ConfigKind::kUnknown) {
        report_.findings.push_back({.id = "UNKNOWN_CONFIG_KEY",
                                    .severity = LintSeverity::kWarn,
                                    .subject = at,
                                    .description = "Kafka 4.3.1 has no topic setting of this name; "
                                                   "a plan asks the broker."});
      }
      const auto canonical = CanonicalValue(key, value);
      if (!canonical.ok()) Problem(at, canonical.status().message());
    }
  }

  void CheckWish(absl::string_view path, const Wish& wish) {
    if (!wish.profile.empty() && FindProfile(policy_, wish.profile) == nullptr) {
      Problem(absl::StrCat(path, ".profile"),
              absl::StrCat("there is no profile `", wish.profile, "`"));
    }
    CheckConfigs(path, wish.configs);
    for (size_t i = 0; i < wish.forbid_configs.size(); ++i) {
      if (wish.configs.contains(wish.forbid_configs[i])) {
        Problem(absl::StrCat(path, ".forbidConfigs[", i, "]"),
                absl::StrCat("`", wish.forbid_configs[i], "` is set and forbidden in one place"));
      }
    }
  }

  void CheckRegex(absl::string_view path, const std::string& text) {
    if (text.empty()) {
      Problem(path, "an expression cannot be empty");
    } else if (text.size() > kMaxRegexLength) {
      Problem(path, absl::StrCat("an expression has at most ", kMaxRegexLength, " characters"));
    } else if (const RE2 regex(text, RE2::Quiet); !regex.ok()) {
      Problem(path, absl::StrCat("is not an RE2 expression: ", regex.error()));
    }
  }

  void CheckMatch(absl::string_view path, const Match& match) {
    const std::string at = absl::StrCat(path, ".match");
    switch (match.kind) {
      case MatchKind::kNone:
        Problem(at, "needs one of regex, prefix and exact");
        break;
      case MatchKind::kRegex:
        CheckRegex(absl::StrCat(at, ".regex"), match.pattern);
        break;
      case MatchKind::kPrefix:
        if (match.pattern.empty()) {
          Problem(absl::StrCat(at, ".prefix"), "cannot be empty; the regex `.*` matches all");
        }
        break;
      case MatchKind::kExact:
        if (const std::string problem = TopicNameProblem(match.pattern); !problem.empty()) {
          Problem(absl::StrCat(at, ".exact"), problem);
        }
        break;
    }
    for (size_t i = 0; i < match.exclude.size(); ++i) {
      CheckRegex(absl::StrCat(at, ".exclude[", i, "]"), match.exclude[i]);
    }
  }

  void CheckPositive(absl::string_view path, std::optional<int32_t> value) {
    if (value && *value < 1) Problem(path, absl::StrCat("must be at least 1, is ", *value));
  }

  void CheckRule(const std::string& path, const Rule& rule) {
    static const auto& pattern = *new RE2("[a-z0-9][a-z0-9._-]{0,62}");
    if (!RE2::FullMatch(rule.id, pattern)) {
      Problem(absl::StrCat(path, ".id"),
              "a rule's id is lower case letters, digits, `.`, `_` and `-`, at most 63");
    } else if (!rule_ids_.insert(rule.id).second) {
      Problem(absl::StrCat(path, ".id"), absl::StrCat("`", rule.id, "` is the id of two rules"));
    }
    if (rule.priority < 0) Problem(absl::StrCat(path, ".priority"), "must be at least 0");
    CheckMatch(path, rule.match);
    CheckWish(path, rule.wish);
    const std::string partitions = absl::StrCat(path, ".partitions");
    CheckPositive(absl::StrCat(partitions, ".count"), rule.partition_count);
    CheckPositive(absl::StrCat(partitions, ".min"), rule.partition_min);
    CheckPositive(absl::StrCat(partitions, ".max"), rule.partition_max);
    if (rule.partition_count && (rule.partition_min || rule.partition_max)) {
      Problem(partitions, "count excludes min and max");
    }
    if (rule.partition_min && rule.partition_max && *rule.partition_min > *rule.partition_max) {
      Problem(partitions, "min is larger than max");
    }
    const std::string replication = absl::StrCat(path, ".replication");
    CheckPositive(absl::StrCat(replication, ".factor"), rule.replication_factor);
    CheckPositive(absl::StrCat(replication, ".min"), rule.replication_min);
    if (rule.replication_factor && rule.replication_min) {
      Problem(replication, "factor excludes min");
    }
  }

  void CheckEntry(const std::string& path, const TopicEntry& entry) {
    const std::string at = absl::StrCat(path, ".name");
    if (const std::string problem = TopicNameProblem(entry.name); !problem.empty()) {
      Problem(at, problem);
    } else if (!topic_names_.insert(entry.name).second) {
      Problem(at, absl::StrCat("`", entry.name, "` has two entries"));
    } else if (!metric_names_.insert(MetricName(entry.name)).second) {
      Problem(at, absl::StrCat("`", entry.name,
                               "` differs from another entry only in `.` and `_`, which Kafka's "
                               "metrics cannot tell apart (L10)"));
    }
    if (entry.partitions < 0) Problem(absl::StrCat(path, ".partitions"), "cannot be negative");
    if (entry.replication_factor < 0) {
      Problem(absl::StrCat(path, ".replicationFactor"), "cannot be negative");
    }
    CheckWish(path, entry.wish);
  }

  void CheckLint(const std::string& id) {
    const std::string path = absl::StrCat("lint[\"", id, "\"]");
    if (!kLints.contains(id)) {
      Problem(path, "there is no lint of this id; they are L1 to L15");
    } else if (kFixedLints.contains(id)) {
      Problem(path, "the severity of this lint cannot be changed");
    }
  }

  const TopicPolicy& policy_;
  const PolicyLimits limits_;
  PolicyReport report_;
  std::set<std::string> rule_ids_, topic_names_, metric_names_;
};

}  // namespace

PolicyReport CheckPolicy(const TopicPolicy& policy, const PolicyLimits& limits) {
  return Checker(policy, limits).Run();
}

}  // namespace storefront::topics
