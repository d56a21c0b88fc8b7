// What the policy wants of one topic, all layers put together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <re2/re2.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/topic-admin/policy.h"

namespace storefront::topics {

struct WantedValue {
  std::string value;   // in Kafka's form
  std::string source;  // "profiles/streaming", "rules/ID", "topics/NAME"
  bool pin = true;     // write it even where it equals the inherited value
};

struct WantedTopic {
  std::vector<std::string> sources;              // rules and entry that act, weakest first
  std::map<std::string, WantedValue> configs;    // by key
  std::map<std::string, std::string> forbidden;  // key → source; not in `configs`
  Keys keys = Keys::kUnspecified;
  bool exclusive = false;  // undeclared overrides are removed
  bool deletion_allowed = false;
  std::optional<int32_t> partition_count, partition_min, partition_max;
  std::optional<int32_t> replication_factor, replication_min;
  std::vector<std::string> conflicts;  // a sentence each; not empty: the topic is BLOCKED
};

// Layers, weakest first: profile, rules by rising priority, the entry of topics[]. A later profile
// replaces an earlier one whole; everything else is replaced item by item. Two rules of one
// priority that differ on an item are a conflict, unless a stronger layer decides that item.
//
// Thread-safety: const methods. Lifetime: the policy outlives it. The policy passed CheckPolicy.
class Resolver {
 public:
  explicit Resolver(const TopicPolicy& policy);

  // Pure. Nothing when no part of the policy acts on the topic. `entry_only` leaves rules out: for
  // protected topics.
  std::optional<WantedTopic> Resolve(const std::string& topic, bool entry_only = false) const;

  const TopicEntry* FindEntry(const std::string& topic) const;

 private:
  struct CompiledRule {
    const Rule* rule;
    std::unique_ptr<RE2> regex;                 // null unless the match is one
    std::vector<std::unique_ptr<RE2>> exclude;  // whole name
  };
  static bool Matches(const CompiledRule& compiled, const std::string& topic);

  const TopicPolicy& policy_;
  std::vector<CompiledRule> rules_;  // by priority, then id
  std::map<std::string, const TopicEntry*> entries_;
};

}  // namespace storefront::topics
