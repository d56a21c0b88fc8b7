// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"
#include "services/connector-manager/connector_lint.h"
#include "services/connector-manager/digest.h"
#include "services/connector-manager/key_policy.h"

namespace storefront::connectors {
namespace {

struct SharedKey {
  const char* key;
  absl::string_view rule;
};
constexpr SharedKey kOwnedKeys[] = {{"slot.name", "SLOT_SHARED"},
                                    {"publication.name", "PUBLICATION_SHARED"},
                                    {"topic.prefix", "PREFIX_SHARED"}};

// Slots and publications belong to a server and a database; topic prefixes to the one Kafka.
bool IsSameScope(absl::string_view key, const ConnectorConfig& a, const ConnectorConfig& b) {
  if (key == "topic.prefix") return true;
  if (ValueOf(a, "database.hostname") != ValueOf(b, "database.hostname") ||
      ValueOf(a, "database.port") != ValueOf(b, "database.port")) {
    return false;
  }
  return key == "slot.name" || ValueOf(a, "database.dbname") == ValueOf(b, "database.dbname");
}

std::vector<Finding> SharedWith(const ConnectorConfig& mine, const std::string& other_name,
                                const ConnectorConfig& other) {
  std::vector<Finding> findings;
  for (const SharedKey& owned : kOwnedKeys) {
    const std::string value = ValueOf(mine, owned.key);
    if (value.empty() || value != ValueOf(other, owned.key) ||
        !IsSameScope(owned.key, mine, other)) {
      continue;
    }
    findings.push_back(
        {.severity = Severity::kError,
         .rule = std::string(owned.rule),
         .message = absl::StrCat(owned.key, " \"", value, "\" is also that of ", other_name,
                                 ": they would take each other's changes"),
         .key = owned.key});
  }
  return findings;
}

std::string PlanDigest(const ConnectorPlan& plan,
                       const std::map<std::string, DeployedConnector>& deployed,
                       const std::string& key, const std::string& end) {
  std::string bytes;
  AppendForDigest(end, bytes);
  for (const PlanStep& step : plan.steps) {
    if (step.action == Action::kUnmanaged) continue;
    AppendForDigest(step.connector, bytes);
    AppendForDigest(step.template_id, bytes);
    AppendForDigest(step.revision, bytes);
    const auto live = deployed.find(step.connector);
    AppendForDigest(live == deployed.end() ? "" : DigestOf(live->second.config), bytes);
  }
  return KeyedDigest(key, bytes);
}

}  // namespace

void AddFindings(PlanStep& step, std::vector<Finding> findings) {
  step.findings.insert(step.findings.end(), std::make_move_iterator(findings.begin()),
                       std::make_move_iterator(findings.end()));
  std::stable_sort(step.findings.begin(), step.findings.end(), [](const auto& a, const auto& b) {
    return static_cast<int>(a.severity) > static_cast<int>(b.severity);
  });
  if (HasErrors(step.findings)) step.action = Action::kBlocked;
}

ConnectorPlan PlanConnectors(const std::vector<RenderedConfig>& rendered,
                             const std::map<std::string, DeployedConnector>& deployed) {
  ConnectorPlan plan;
  std::map<std::string, int> uses;
  for (const RenderedConfig& one : rendered) ++uses[one.connector];
  for (const RenderedConfig& one : rendered) {
    PlanStep step;
    step.connector = one.connector.empty() ? one.template_id : one.connector;
    step.template_id = one.template_id;
    step.revision = one.revision;
    const auto live = deployed.find(step.connector);
    step.changes =
        DiffConfig(one, live == deployed.end() ? ConnectorConfig{} : live->second.config);
    if (live == deployed.end()) {
      step.action = Action::kCreate;
      for (ConfigChange& change : step.changes) change.risk = Risk::kSafe, change.note = "";
    } else {
      step.action = step.changes.empty() ? Action::kNoop : Action::kUpdate;
    }
    step.risk = RiskOf(step.changes);

    std::vector<Finding> findings = one.findings;
    const auto add = [&findings](std::vector<Finding> more) {
      findings.insert(findings.end(), more.begin(), more.end());
    };
    for (const RenderedConfig& other : rendered) {
      if (&other == &one) continue;
      if (!one.connector.empty() && one.connector == other.connector) {
        add({{.severity = Severity::kError,
              .rule = "NAME_SHARED",
              .message = absl::StrCat("the connector name \"", one.connector,
                                      "\" is also that of template ", other.template_id),
              .key = "name"}});
      }
      add(SharedWith(one.config, absl::StrCat("template ", other.template_id), other.config));
    }
    for (const auto& [name, other] : deployed) {
      if (name == step.connector || uses.contains(name)) continue;
      add(SharedWith(one.config, absl::StrCat("connector ", name), other.config));
    }
    AddFindings(step, std::move(findings));
    plan.steps.push_back(std::move(step));
  }
  for (const auto& [name, live] : deployed) {
    if (uses.contains(name)) continue;
    PlanStep step;
    step.connector = name;
    step.action = Action::kUnmanaged;
    plan.steps.push_back(std::move(step));
  }
  std::stable_sort(plan.steps.begin(), plan.steps.end(), [](const PlanStep& a, const PlanStep& b) {
    return std::pair(a.connector, a.template_id) < std::pair(b.connector, b.template_id);
  });
  return plan;
}

std::string MakePlanToken(const ConnectorPlan& plan,
                          const std::map<std::string, DeployedConnector>& deployed,
                          const std::string& key, absl::Time now) {
  const std::string end = absl::StrCat(absl::ToUnixSeconds(now + kPlanTokenLife));
  return absl::StrCat(end, "-", PlanDigest(plan, deployed, key, end));
}

absl::Status CheckPlanToken(const std::string& token, const ConnectorPlan& plan,
                            const std::map<std::string, DeployedConnector>& deployed,
                            const std::string& key, absl::Time now) {
  const std::vector<std::string> parts = absl::StrSplit(token, absl::MaxSplits('-', 1));
  int64_t end = 0;
  const bool is_ours = parts.size() == 2 && absl::SimpleAtoi(parts[0], &end) &&
                       parts[1] == PlanDigest(plan, deployed, key, parts[0]);
  if (is_ours && now < absl::FromUnixSeconds(end)) return absl::OkStatus();
  return status::Error(
      {.code = absl::StatusCode::kAborted,
       .reason = status::Reason::kPlanChanged,
       .message = is_ours
                      ? "The plan is older than 15 minutes. Plan again."
                      : "Templates, variables or connectors changed since the plan. Plan again."});
}

}  // namespace storefront::connectors
