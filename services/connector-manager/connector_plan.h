// What applying the templates would do, as a value.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/connector-manager/config_diff.h"
#include "services/connector-manager/connect_api.h"
#include "services/connector-manager/rendered_config.h"

namespace storefront::connectors {

enum class Action { kCreate, kUpdate, kNoop, kBlocked, kUnmanaged };

struct PlanStep {
  std::string connector;  // the template's id when the name did not render
  std::string template_id;
  Action action = Action::kNoop;
  Risk risk = Risk::kNone;
  std::vector<ConfigChange> changes;
  std::vector<Finding> findings;  // errors first
  std::string revision;
};

struct ConnectorPlan {
  std::vector<PlanStep> steps;  // by connector
  std::string token;
  std::vector<Finding> findings;
};

// Compares. Two templates, or a template and a deployed connector of another name, that share name,
// slot, publication or topic prefix are BLOCKED, each naming the other. Errors of `rendered` block.
// Without a token yet.
ConnectorPlan PlanConnectors(const std::vector<RenderedConfig>& rendered,
                             const std::map<std::string, DeployedConnector>& deployed);

// Adds findings to a step; errors make it BLOCKED.
void AddFindings(PlanStep& step, std::vector<Finding> findings);

inline constexpr absl::Duration kPlanTokenLife = absl::Minutes(15);

// A token for what was rendered and seen. It holds its own end of life and tells nothing else.
std::string MakePlanToken(const ConnectorPlan& plan,
                          const std::map<std::string, DeployedConnector>& deployed,
                          const std::string& key, absl::Time now);

// ABORTED PLAN_CHANGED unless `token` was made from an equal plan less than 15 minutes ago.
absl::Status CheckPlanToken(const std::string& token, const ConnectorPlan& plan,
                            const std::map<std::string, DeployedConnector>& deployed,
                            const std::string& key, absl::Time now);

}  // namespace storefront::connectors
