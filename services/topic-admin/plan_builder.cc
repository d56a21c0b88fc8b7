// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/plan_builder.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/topic-admin/config_value.h"
#include "services/topic-admin/fingerprint.h"
#include "services/topic-admin/lint.h"
#include "services/topic-admin/resolve.h"
#include "services/topic-admin/risk.h"
#include "services/topic-admin/topic_name.h"

namespace storefront::topics {
namespace {

int Phase(const PlanStep& step) {
  switch (step.kind) {
    case StepKind::kCreate:
      return 0;
    case StepKind::kAlterConfig:
      return step.risk == Risk::kSafe ? 1 : 3;
    case StepKind::kAddPartitions:
      return 2;
    case StepKind::kChangeReplication:
      return 4;
    case StepKind::kUnenforceable:
      return 5;
    case StepKind::kBlocked:
      return 6;
    case StepKind::kNoop:
      return 7;
  }
  return 8;
}

void Sort(std::vector<PlanStep>& steps) {
  std::sort(steps.begin(), steps.end(), [](const PlanStep& a, const PlanStep& b) {
    return std::forward_as_tuple(Phase(a), a.topic, a.reason) <
           std::forward_as_tuple(Phase(b), b.topic, b.reason);
  });
}

int32_t MinIsr(const TopicState& state) {
  size_t smallest = std::numeric_limits<int32_t>::max();
  for (const PartitionState& p : state.partitions) {
    smallest = std::min(smallest, p.in_sync_replicas.size());
  }
  return static_cast<int32_t>(smallest);
}

int32_t Replication(const TopicState& state) {
  return state.partitions.empty() ? 0 : static_cast<int32_t>(state.partitions[0].replicas.size());
}

class Builder {
 public:
  Builder(const TopicPolicy& policy, const ClusterState& observed, const Protection& protection,
          const PlanRequest& request)
      : policy_(policy),
        observed_(observed),
        protection_(protection),
        request_(request),
        resolver_(policy) {}

  TopicPlan Run() {
    plan_.cluster_id = observed_.cluster.cluster_id;
    for (const auto& [name, topic] : observed_.topics) twins_[MetricName(name)] = name;
    for (const auto& [name, topic] : observed_.topics) {
      if (IsAsked(name)) Existing(name, topic);
    }
    for (const TopicEntry& entry : policy_.topics) {
      if (observed_.topics.contains(entry.name) || !IsAsked(entry.name)) continue;
      if (entry.on_missing != OnMissing::kIgnore) Missing(entry);
    }
    Sort(plan_.steps);
    return std::move(plan_);
  }

 private:
  bool IsAsked(const std::string& name) const {
    return request_.topics.empty() || request_.topics.contains(name);
  }

  PlanStep Step(StepKind kind, const std::string& topic) const {
    PlanStep step = {.kind = kind, .topic = topic};
    const auto found = observed_.topics.find(topic);
    if (found != observed_.topics.end()) {
      step.partitions_before = static_cast<int32_t>(found->second.state.partitions.size());
      step.replication_before = Replication(found->second.state);
      step.partitions_after = step.partitions_before;
      step.replication_after = step.replication_before;
    }
    return step;
  }

  void Fact(StepKind kind, const std::string& topic, std::string reason, std::string message) {
    PlanStep step = Step(kind, topic);
    step.reason = std::move(reason);
    step.message = std::move(message);
    plan_.steps.push_back(std::move(step));
  }

  // What is wanted of a protected topic, after what protection forbids is taken out. Nothing when
  // no step belongs to the topic, or a BLOCKED one already says why.
  std::optional<WantedTopic> Wanted(const std::string& name, bool internal) {
    const std::string protected_by = protection_.Why(name, internal);
    if (protected_by.empty()) return resolver_.Resolve(name);
    const TopicEntry* entry = resolver_.FindEntry(name);
    if (entry == nullptr) return std::nullopt;  // rules pass by in silence
    if (!entry->acknowledge_internal) {
      Fact(StepKind::kBlocked, name, "PROTECTED",
           absl::StrCat("the topic is protected (", protected_by,
                        "). Set acknowledgeInternal in its entry if this is meant."));
      return std::nullopt;
    }
    auto wanted = resolver_.Resolve(name, /*entry_only=*/true);
    if (protection_.IsConnectStorage(name) && wanted->configs.contains("cleanup.policy")) {
      Fact(StepKind::kBlocked, name, "PROTECTED",
           "Connect demands exactly cleanup.policy=compact on its storage topics and fails at its "
           "next start otherwise. Remove the key from the entry.");
      return std::nullopt;
    }
    return wanted;
  }

  bool IsBlocked(const std::string& name, const WantedTopic& wanted, const ObservedTopic* topic) {
    if (!wanted.conflicts.empty()) {
      Fact(StepKind::kBlocked, name, "POLICY_CONFLICT", absl::StrJoin(wanted.conflicts, " "));
      return true;
    }
    const auto lint = LintTopic(name, wanted, topic, observed_.cluster, twins_);
    if (lint) Fact(StepKind::kBlocked, name, lint->id, lint->message);
    return lint.has_value();
  }

  void Missing(const TopicEntry& entry) {
    const auto wanted = Wanted(entry.name, /*internal=*/false);
    if (!wanted || IsBlocked(entry.name, *wanted, nullptr)) return;
    PlanStep step = {.kind = StepKind::kCreate, .topic = entry.name, .risk = Risk::kSafe};
    step.partitions_after = wanted->partition_count.value_or(wanted->partition_min.value_or(-1));
    step.replication_after =
        wanted->replication_factor.value_or(wanted->replication_min.value_or(-1));
    for (const auto& [key, value] : wanted->configs) {
      step.configs.push_back({.key = key, .after = value.value, .source = value.source});
    }
    plan_.fingerprints[entry.name] = kAbsent;
    plan_.steps.push_back(std::move(step));
  }

  void Existing(const std::string& name, const ObservedTopic& topic) {
    const auto wanted = Wanted(name, topic.state.internal);
    if (!wanted || IsBlocked(name, *wanted, &topic)) return;
    if (const std::string unknown = UnknownKey(*wanted, topic); !unknown.empty()) {
      Fact(StepKind::kBlocked, name, "L11",
           absl::StrCat("the broker has no topic setting `", unknown, "`."));
      return;
    }
    const size_t before = plan_.steps.size();
    Configs(name, *wanted, topic);
    Partitions(name, *wanted, topic);
    ReplicationFactor(name, *wanted, topic);
    if (plan_.steps.size() == before) {
      plan_.steps.push_back(Step(StepKind::kNoop, name));
    } else {
      plan_.fingerprints[name] = Fingerprint(topic);
    }
  }

  // The broker lists every setting it knows on any topic.
  static std::string UnknownKey(const WantedTopic& wanted, const ObservedTopic& topic) {
    for (const auto& [key, value] : wanted.configs) {
      if (!topic.configs.contains(key)) return key;
    }
    return "";
  }

  void Configs(const std::string& name, const WantedTopic& wanted, const ObservedTopic& topic) {
    std::map<Risk, std::vector<ConfigChange>> by_risk;
    const int32_t min_isr = MinIsr(topic.state);
    for (const auto& [key, entry] : topic.configs) {
      const bool is_override = entry.source == ConfigSource::kTopic;
      ConfigChange change = {.key = key, .before = entry.value, .before_is_override = is_override};
      const auto asked = wanted.configs.find(key);
      if (asked != wanted.configs.end()) {
        const WantedValue& value = asked->second;
        const bool same = SameValue(key, entry.value, value.value);
        if (same && (is_override || !value.pin)) continue;
        change.after = value.value;
        change.source = value.source;
        by_risk[ConfigRisk(key, entry.value, value.value, min_isr)].push_back(std::move(change));
        continue;
      }
      if (!is_override) continue;
      const auto forbidden = wanted.forbidden.find(key);
      const bool removed =
          forbidden != wanted.forbidden.end() ||
          (wanted.exclusive && !absl::EndsWith(key, ".replication.throttled.replicas"));
      if (!removed) {
        plan_.findings.push_back(
            {.id = "EXTRA_OVERRIDE",
             .severity = LintSeverity::kInfo,
             .subject = name,
             .description = absl::StrCat(key, "=", entry.value,
                                         " is set on the topic and nothing in the policy declares "
                                         "it; it stays.")});
        continue;
      }
      change.operation = ConfigOperation::kDelete;
      change.source =
          forbidden != wanted.forbidden.end() ? forbidden->second : wanted.sources.back();
      const auto inherited = InheritedValue(entry);
      by_risk[ConfigRisk(key, entry.value, inherited, min_isr)].push_back(std::move(change));
    }
    Alter(name, by_risk);
  }

  // One step for what is safe and one for the rest.
  void Alter(const std::string& name, std::map<Risk, std::vector<ConfigChange>>& by_risk) {
    PlanStep risky = Step(StepKind::kAlterConfig, name);
    for (auto& [risk, changes] : by_risk) {
      if (risk == Risk::kSafe) {
        PlanStep safe = Step(StepKind::kAlterConfig, name);
        safe.risk = Risk::kSafe;
        safe.configs = std::move(changes);
        plan_.steps.push_back(std::move(safe));
        continue;
      }
      risky.risk = std::max(risky.risk, risk);
      risky.required_flags.emplace_back(FlagFor(risk));
      for (ConfigChange& change : changes) risky.configs.push_back(std::move(change));
    }
    if (risky.configs.empty()) return;
    std::sort(risky.required_flags.begin(), risky.required_flags.end());
    std::sort(risky.configs.begin(), risky.configs.end(),
              [](const ConfigChange& a, const ConfigChange& b) { return a.key < b.key; });
    plan_.steps.push_back(std::move(risky));
  }

  void Partitions(const std::string& name, const WantedTopic& wanted, const ObservedTopic& topic) {
    const auto has = static_cast<int32_t>(topic.state.partitions.size());
    const int32_t least = wanted.partition_count.value_or(wanted.partition_min.value_or(has));
    const int32_t most = wanted.partition_count.value_or(wanted.partition_max.value_or(has));
    if (has < least) {
      PlanStep step = Step(StepKind::kAddPartitions, name);
      step.partitions_after = least;
      step.risk = wanted.keys == Keys::kKeyless ? Risk::kSafe : Risk::kOrdering;
      if (step.risk != Risk::kSafe) step.required_flags = {std::string(FlagFor(step.risk))};
      plan_.steps.push_back(std::move(step));
    } else if (has > std::max(most, least)) {
      Fact(StepKind::kUnenforceable, name, "FEWER_PARTITIONS",
           absl::StrCat("the topic has ", has, " partitions and the policy wants ", most,
                        ". Kafka cannot remove partitions: correct the policy, or make the topic "
                        "again."));
    }
  }

  void ReplicationFactor(const std::string& name, const WantedTopic& wanted,
                         const ObservedTopic& topic) {
    const int32_t has = Replication(topic.state);
    int32_t target = has;
    if (wanted.replication_factor) target = *wanted.replication_factor;
    if (wanted.replication_min) target = std::max(has, *wanted.replication_min);
    if (target == has) return;
    PlanStep step = Step(StepKind::kChangeReplication, name);
    step.replication_after = target;
    step.reason = "MANUAL";
    step.message = absl::StrCat("Give this to kafka-reassign-partitions: ",
                                Reassignment(topic.state, static_cast<size_t>(target)));
    plan_.steps.push_back(std::move(step));
  }

  // Keeps the replicas there are, in order, and adds the live brokers that come next by id.
  std::string Reassignment(const TopicState& state, size_t factor) const {
    std::vector<std::string> partitions;
    for (const PartitionState& partition : state.partitions) {
      std::vector<int32_t> replicas = partition.replicas;
      if (replicas.size() > factor) replicas.resize(factor);
      const size_t brokers = observed_.cluster.brokers.size();
      for (size_t i = 0; i < brokers && replicas.size() < factor; ++i) {
        const size_t next = (static_cast<size_t>(partition.id) + i) % brokers;
        const int32_t id = observed_.cluster.brokers[next].id;
        if (std::find(replicas.begin(), replicas.end(), id) == replicas.end()) {
          replicas.push_back(id);
        }
      }
      partitions.push_back(absl::StrCat("{\"topic\":\"", state.name,
                                        "\",\"partition\":", partition.id, ",\"replicas\":[",
                                        absl::StrJoin(replicas, ","), "]}"));
    }
    return absl::StrCat("{\"version\":1,\"partitions\":[", absl::StrJoin(partitions, ","), "]}");
  }

  const TopicPolicy& policy_;
  const ClusterState& observed_;
  const Protection& protection_;
  const PlanRequest& request_;
  const Resolver resolver_;
  std::map<std::string, std::string> twins_;
  TopicPlan plan_;
};

}  // namespace

TopicPlan BuildPlan(const TopicPolicy& policy, const ClusterState& observed,
                    const Protection& protection, const PlanRequest& request) {
  return Builder(policy, observed, protection, request).Run();
}

void BlockTopic(TopicPlan& plan, const std::string& topic, const std::string& reason,
                const std::string& message) {
  std::optional<PlanStep> blocked;
  std::erase_if(plan.steps, [&](const PlanStep& step) {
    if (step.topic != topic) return false;
    if (!blocked) blocked = step;
    return true;
  });
  if (!blocked) blocked = PlanStep{.topic = topic};
  PlanStep step = {.kind = StepKind::kBlocked, .topic = topic};
  step.partitions_before = step.partitions_after = blocked->partitions_before;
  step.replication_before = step.replication_after = blocked->replication_before;
  step.reason = reason;
  step.message = message;
  plan.steps.push_back(std::move(step));
  plan.fingerprints.erase(topic);
  Sort(plan.steps);
}

}  // namespace storefront::topics
