// Makes plans: reads templates and variables, renders, compares with Connect, asks Connect and
// Postgres about what would change.
//
// Thread-safety: all methods. Lifetime: within that of the ports.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/connector-manager/connector_plan.h"
#include "services/connector-manager/key_policy.h"
#include "services/connector-manager/source_catalog.h"
#include "services/connector-manager/template_source.h"

namespace storefront::connectors {

struct PlannerRules {
  RenderRules render;
  KeyPolicy keys;
  std::string source_database;  // that the SourceCatalog looks at; others cannot be asked
};

struct RenderedSet {
  std::vector<RenderedConfig> rendered;  // by template id
  std::vector<Finding> findings;         // of the variables
};

struct Planned {
  ConnectorPlan plan;
  std::map<std::string, RenderedConfig> rendered;  // by connector
  std::map<std::string, DeployedConnector> deployed;
};

class Planner {
 public:
  Planner(TemplateSource& templates, ConnectApi& connect, SourceCatalog& source,
          clock::Clock& clock, PlannerRules rules)
      : templates_(templates),
        connect_(connect),
        source_(source),
        clock_(clock),
        rules_(std::move(rules)) {}

  // Renders all templates, or one. Faults are findings.
  absl::StatusOr<RenderedSet> RenderAll();
  absl::StatusOr<RenderedConfig> RenderOne(const std::string& id);

  // `only`: connectors by name; empty = all. NOT_FOUND RESOURCE_NOT_FOUND names those that neither
  // a template nor Connect knows.
  absl::StatusOr<Planned> Plan(const std::set<std::string>& only, const CallLimits& limits);

  // See CheckPlanToken.
  absl::Status CheckToken(const std::string& token, const Planned& planned) const;

 private:
  RenderedConfig RenderFile(const TemplateFile& file, const DotenvResult& variables);
  std::vector<Finding> AskConnect(const RenderedConfig& rendered, const CallLimits& limits);
  std::vector<Finding> AskSource(const RenderedConfig& rendered, const CallLimits& limits);

  TemplateSource& templates_;
  ConnectApi& connect_;
  SourceCatalog& source_;
  clock::Clock& clock_;
  const PlannerRules rules_;
};

}  // namespace storefront::connectors
