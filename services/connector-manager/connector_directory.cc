// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_directory.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_lint.h"
#include "services/connector-manager/preflight.h"

namespace storefront::connectors {
namespace {

constexpr absl::string_view kNotStreaming = "not streaming";

absl::Status NotFound(const std::string& name) {
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = status::Reason::kResourceNotFound,
                        .message = absl::StrCat("No template describes connector ", name,
                                                " and Kafka Connect does not have it."),
                        .resource = status::ResourceRef{"connectors", name}});
}

}  // namespace

absl::Time ConnectorDirectory::Since(const std::string& key) {
  sync::MutexLock lock(mutex_);
  return since_.try_emplace(key, clock_.Now()).first->second;
}

// Drops what is no longer the case for a connector.
void ConnectorDirectory::Forget(const std::string& connector, const std::vector<Condition>& kept) {
  std::set<std::string> keys = {absl::StrCat(connector, "\n", kNotStreaming)};
  for (const Condition& condition : kept) {
    keys.insert(absl::StrCat(connector, "\n", FailureClassName(condition.failure)));
  }
  sync::MutexLock lock(mutex_);
  std::erase_if(since_, [&](const auto& entry) {
    return absl::StartsWith(entry.first, absl::StrCat(connector, "\n")) &&
           !keys.contains(entry.first);
  });
}

ConnectorView ConnectorDirectory::Judge(ConnectorView view, bool connect_answers,
                                        const absl::StatusOr<std::vector<SlotRow>>& slots,
                                        const CallLimits& limits) {
  HealthFacts facts{.connect_answers = connect_answers,
                    .kafka_answers = connect_health_ != ConnectHealth::kKafkaUnreachable,
                    .deployed = view.deployed,
                    .slots_are_known = slots.ok(),
                    .slot = {},
                    .offsets = {},
                    .source = {},
                    .not_streaming_for = absl::ZeroDuration(),
                    .stalled_after = stalled_after_,
                    .last_probe_failed = probes_.FailedLately(view.name, clock_.Now())};
  if (view.deployed) {
    const ConnectorConfig& config = view.deployed->config;
    view.redactor.AddSecretsOf(config);
    facts.has_slot_of_its_own = ValueOf(config, "connector.class") == kDebeziumPostgres;
    const std::string slot_name = ValueOf(config, "slot.name");
    if (slots.ok() && facts.has_slot_of_its_own) {
      const auto found = std::find_if(slots->begin(), slots->end(),
                                      [&](const SlotRow& row) { return row.name == slot_name; });
      if (found != slots->end()) facts.slot = *found;
    }
    const std::string key = absl::StrCat(view.name, "\n", kNotStreaming);
    if (IsRunningButNotStreaming(facts)) {
      facts.not_streaming_for = clock_.Now() - Since(key);
      if (auto offsets = connect_.GetOffsets(view.name, limits); offsets.ok()) {
        facts.offsets = *std::move(offsets);
      }
      if (facts.not_streaming_for > stalled_after_) {
        auto source = source_.Facts(QuestionFor(config), limits);
        if (source.ok()) facts.source = *std::move(source);
      }
    } else {
      sync::MutexLock lock(mutex_);
      since_.erase(key);
    }
  }
  const Health health = JudgeHealth(facts);
  view.state = health.state;
  for (const Condition& condition : health.conditions) {
    view.conditions.push_back(
        {condition, Since(absl::StrCat(view.name, "\n", FailureClassName(condition.failure)))});
  }
  Forget(view.name, health.conditions);
  view.slot = facts.slot;
  view.last_probe = probes_.Last(view.name);
  return view;
}

absl::StatusOr<std::vector<ConnectorView>> ConnectorDirectory::List(const CallLimits& limits) {
  ASSIGN_OR_RETURN(const RenderedSet set, planner_.RenderAll());
  const auto deployed = connect_.List(limits);
  if (!deployed.ok() && set.rendered.empty()) return deployed.status();
  std::map<std::string, ConnectorView> views;
  for (const RenderedConfig& rendered : set.rendered) {
    const std::string& name =
        rendered.connector.empty() ? rendered.template_id : rendered.connector;
    ConnectorView& view = views[name];
    view.name = name;
    view.template_id = rendered.template_id;
    view.revision = rendered.revision;
    for (const auto& [key, value] : rendered.config) {
      if (rendered.origins.at(key).secret) view.redactor.Add(value);
    }
  }
  if (deployed.ok()) {
    for (const auto& [name, one] : *deployed) {
      views[name].name = name;
      views[name].deployed = one;
    }
  }
  const bool any_deployed = deployed.ok() && !deployed->empty();
  const absl::StatusOr<std::vector<SlotRow>> slots =
      any_deployed ? source_.Slots(limits) : std::vector<SlotRow>{};
  std::vector<ConnectorView> judged;
  for (auto& [name, view] : views) {
    judged.push_back(Judge(std::move(view), deployed.ok(), slots, limits));
  }
  return judged;
}

absl::StatusOr<ConnectorView> ConnectorDirectory::Get(const std::string& name,
                                                      const CallLimits& limits) {
  ASSIGN_OR_RETURN(std::vector<ConnectorView> all, List(limits));
  for (ConnectorView& view : all) {
    if (view.name == name) return std::move(view);
  }
  return NotFound(name);
}

absl::StatusOr<std::vector<SlotView>> ConnectorDirectory::Slots(const CallLimits& limits) {
  ASSIGN_OR_RETURN(const std::vector<SlotRow> slots, source_.Slots(limits));
  std::map<std::string, std::string> owners;
  if (const auto deployed = connect_.List(limits); deployed.ok()) {
    for (const auto& [name, one] : *deployed) owners[ValueOf(one.config, "slot.name")] = name;
  }
  std::vector<SlotView> views;
  for (const SlotRow& slot : slots) views.push_back({slot, owners[slot.name]});
  return views;
}

}  // namespace storefront::connectors
