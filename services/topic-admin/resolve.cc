// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/resolve.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/topic-admin/config_value.h"
#include "services/topic-admin/profiles.h"

namespace storefront::topics {
namespace {

constexpr int64_t kEntryLevel = int64_t{1} << 40;  // stronger than every priority

// The strongest claim on one item so far.
struct Claim {
  int64_t level = 0;
  std::string source, value;  // value as text, for comparison and for the conflict's sentence
};

// Puts layers together; each item remembers who claimed it.
class Layers {
 public:
  explicit Layers(const TopicPolicy& policy) : policy_(policy) {}

  void Add(const Wish& wish, const std::string& source, int64_t level) {
    wanted_.sources.push_back(source);
    if (!wish.profile.empty() && Take("profile", wish.profile, source, level)) {
      profile_ = wish.profile;
    }
    for (const auto& [key, value] : wish.configs) {
      const std::string canonical = CanonicalValue(key, value).value_or(value);
      if (!Take(absl::StrCat("configs[\"", key, "\"]"), canonical, source, level)) continue;
      wanted_.configs[key] = {.value = canonical, .source = source};
      wanted_.forbidden.erase(key);
    }
    for (const std::string& key : wish.forbid_configs) {
      if (!Take(absl::StrCat("configs[\"", key, "\"]"), "(forbidden)", source, level)) continue;
      wanted_.configs.erase(key);
      wanted_.forbidden[key] = source;
    }
    if (wish.keys != Keys::kUnspecified &&
        Take("keys", wish.keys == Keys::kKeyed ? "KEYED" : "KEYLESS", source, level)) {
      wanted_.keys = wish.keys;
    }
    if (wish.config_mode != ConfigMode::kUnspecified &&
        Take("configMode", wish.config_mode == ConfigMode::kMerge ? "MERGE" : "EXCLUSIVE", source,
             level)) {
      wanted_.exclusive = wish.config_mode == ConfigMode::kExclusive;
    }
    if (wish.deletion != Deletion::kUnspecified &&
        Take("deletion", wish.deletion == Deletion::kAllowed ? "ALLOWED" : "FORBIDDEN", source,
             level)) {
      wanted_.deletion_allowed = wish.deletion == Deletion::kAllowed;
    }
    if (wish.pin && Take("pin", *wish.pin ? "true" : "false", source, level)) pin_ = *wish.pin;
  }

  void AddNumber(std::optional<int32_t> WantedTopic::* item, absl::string_view name,
                 std::optional<int32_t> value, const std::string& source, int64_t level) {
    if (value && Take(name, absl::StrCat(*value), source, level)) wanted_.*item = value;
  }

  WantedTopic Done() {
    if (!profile_.empty()) {
      for (const auto& [key, value] : *FindProfile(policy_, profile_)) {
        if (wanted_.configs.contains(key) || wanted_.forbidden.contains(key)) continue;
        wanted_.configs[key] = {.value = CanonicalValue(key, value).value_or(value),
                                .source = absl::StrCat("profiles/", profile_)};
      }
    }
    for (auto& [key, wanted] : wanted_.configs) wanted.pin = pin_;
    for (const auto& [item, sentence] : conflicts_) wanted_.conflicts.push_back(sentence);
    return std::move(wanted_);
  }

 private:
  // True when the claim stands: layers come weakest first, so only equal levels can disagree.
  bool Take(absl::string_view item, const std::string& value, const std::string& source,
            int64_t level) {
    const std::string name(item);
    const auto [claim, is_new] = claims_.try_emplace(name, Claim{level, source, value});
    if (is_new) return true;
    if (claim->second.level == level) {
      if (claim->second.value != value) {
        conflicts_[name] =
            absl::StrCat(claim->second.source, " wants ", name, " = ", claim->second.value, ", ",
                         source, " of the same priority ", "wants ", value, ".");
      }
      return false;
    }
    claim->second = {level, source, value};
    conflicts_.erase(name);
    return true;
  }

  const TopicPolicy& policy_;
  WantedTopic wanted_;
  std::string profile_;
  bool pin_ = true;
  std::map<std::string, Claim> claims_;
  std::map<std::string, std::string> conflicts_;  // by item
};

}  // namespace

Resolver::Resolver(const TopicPolicy& policy) : policy_(policy) {
  for (const Rule& rule : policy.rules) {
    CompiledRule compiled = {.rule = &rule};
    if (rule.match.kind == MatchKind::kRegex) {
      compiled.regex = std::make_unique<RE2>(rule.match.pattern, RE2::Quiet);
    }
    for (const std::string& exclude : rule.match.exclude) {
      compiled.exclude.push_back(std::make_unique<RE2>(exclude, RE2::Quiet));
    }
    rules_.push_back(std::move(compiled));
  }
  std::sort(rules_.begin(), rules_.end(), [](const CompiledRule& a, const CompiledRule& b) {
    return std::tie(a.rule->priority, a.rule->id) < std::tie(b.rule->priority, b.rule->id);
  });
  for (const TopicEntry& entry : policy.topics) entries_[entry.name] = &entry;
}

bool Resolver::Matches(const CompiledRule& compiled, const std::string& topic) {
  const Match& match = compiled.rule->match;
  bool matches = false;
  switch (match.kind) {
    case MatchKind::kNone:
      break;
    case MatchKind::kRegex:
      matches = RE2::FullMatch(topic, *compiled.regex);
      break;
    case MatchKind::kPrefix:
      matches = absl::StartsWith(topic, match.pattern);
      break;
    case MatchKind::kExact:
      matches = topic == match.pattern;
      break;
  }
  return matches && std::none_of(compiled.exclude.begin(), compiled.exclude.end(),
                                 [&](const auto& regex) { return RE2::FullMatch(topic, *regex); });
}

const TopicEntry* Resolver::FindEntry(const std::string& topic) const {
  const auto found = entries_.find(topic);
  return found == entries_.end() ? nullptr : found->second;
}

std::optional<WantedTopic> Resolver::Resolve(const std::string& topic, bool entry_only) const {
  Layers layers(policy_);
  bool any = false;
  for (const CompiledRule& compiled : rules_) {
    if (entry_only || !Matches(compiled, topic)) continue;
    any = true;
    const Rule& rule = *compiled.rule;
    const std::string source = absl::StrCat("rules/", rule.id);
    layers.Add(rule.wish, source, rule.priority);
    layers.AddNumber(&WantedTopic::partition_count, "partitions.count", rule.partition_count,
                     source, rule.priority);
    layers.AddNumber(&WantedTopic::partition_min, "partitions.min", rule.partition_min, source,
                     rule.priority);
    layers.AddNumber(&WantedTopic::partition_max, "partitions.max", rule.partition_max, source,
                     rule.priority);
    layers.AddNumber(&WantedTopic::replication_factor, "replication.factor",
                     rule.replication_factor, source, rule.priority);
    layers.AddNumber(&WantedTopic::replication_min, "replication.min", rule.replication_min, source,
                     rule.priority);
  }
  if (const TopicEntry* entry = FindEntry(topic); entry != nullptr) {
    any = true;
    const std::string source = absl::StrCat("topics/", entry->name);
    layers.Add(entry->wish, source, kEntryLevel);
    if (entry->partitions > 0) {
      layers.AddNumber(&WantedTopic::partition_count, "partitions.count", entry->partitions, source,
                       kEntryLevel);
    }
    if (entry->replication_factor > 0) {
      layers.AddNumber(&WantedTopic::replication_factor, "replication.factor",
                       entry->replication_factor, source, kEntryLevel);
    }
  }
  if (!any) return std::nullopt;
  return layers.Done();
}

}  // namespace storefront::topics
