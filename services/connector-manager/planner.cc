// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/planner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_lint.h"
#include "services/connector-manager/failure_class.h"
#include "services/connector-manager/preflight.h"

namespace storefront::connectors {
namespace {

Finding Unused(const DotenvResult& variables, const std::set<std::string>& used) {
  std::vector<std::string> names;
  for (const auto& [name, value] : variables.variables.file_values) {
    if (!used.contains(name)) names.push_back(name);
  }
  return {.severity = Severity::kInfo,
          .rule = "VARIABLE_UNUSED",
          .message = absl::StrCat("no template uses: ", absl::StrJoin(names, ", "))};
}

}  // namespace

RenderedConfig Planner::RenderFile(const TemplateFile& file, const DotenvResult& variables) {
  RenderedConfig rendered =
      Render(ParseConnectorTemplate(file.id, file.content), variables.variables, rules_.render);
  // A wrong .env file blocks every connector: any value may be the wrong one.
  for (const Finding& finding : variables.findings) {
    if (finding.severity == Severity::kError) rendered.findings.push_back(finding);
  }
  if (rendered.config.empty()) return rendered;
  for (std::vector<Finding> more :
       {CheckKeys(rendered.config, rules_.keys), LintConnector(rendered.config)}) {
    for (Finding& finding : more) {
      finding.source = file.id;
      if (const auto origin = rendered.origins.find(finding.key);
          origin != rendered.origins.end()) {
        finding.line = origin->second.line;
        finding.column = origin->second.column;
      }
      rendered.findings.push_back(std::move(finding));
    }
  }
  return rendered;
}

absl::StatusOr<RenderedSet> Planner::RenderAll() {
  ASSIGN_OR_RETURN(const std::vector<TemplateFile> files, templates_.Templates());
  const DotenvResult variables = ReadDotenv(templates_.EnvFiles(), templates_.ProcessEnvironment());
  RenderedSet set;
  set.findings = variables.findings;
  std::set<std::string> used;
  for (const TemplateFile& file : files) {
    set.rendered.push_back(RenderFile(file, variables));
    used.merge(MentionedVariables(ParseConnectorTemplate(file.id, file.content)));
  }
  set.findings.push_back(Unused(variables, used));
  return set;
}

absl::StatusOr<RenderedConfig> Planner::RenderOne(const std::string& id) {
  ASSIGN_OR_RETURN(const TemplateFile file, templates_.Template(id));
  return RenderFile(file, ReadDotenv(templates_.EnvFiles(), templates_.ProcessEnvironment()));
}

std::vector<Finding> Planner::AskConnect(const RenderedConfig& rendered, const CallLimits& limits) {
  ConnectorConfig config = rendered.config;
  config["name"] = rendered.connector;
  const auto faults = connect_.Validate(config, limits);
  if (!faults.ok()) {
    return {{.severity = Severity::kWarning,
             .rule = "NOT_CHECKED",
             .message = absl::StrCat("Kafka Connect could not validate the config: ",
                                     faults.status().message())}};
  }
  Redactor redactor;
  for (const auto& [key, value] : rendered.config) {
    if (rendered.origins.at(key).secret) redactor.Add(value);
  }
  std::vector<Finding> findings;
  for (const ConfigFault& fault : *faults) {
    const auto failure = ClassifyText(fault.message);
    findings.push_back(
        {.severity = Severity::kError,
         .rule = failure ? std::string(FailureClassName(*failure)) : "CONFIG_INVALID",
         .message = redactor.Redact(fault.message).substr(0, 300),
         .key = fault.key});
  }
  return findings;
}

std::vector<Finding> Planner::AskSource(const RenderedConfig& rendered, const CallLimits& limits) {
  const auto not_checked = [](absl::string_view why) -> std::vector<Finding> {
    return {{.severity = Severity::kWarning,
             .rule = "NOT_CHECKED",
             .message = absl::StrCat("the database was not checked: ", why)}};
  };
  if (ValueOf(rendered.config, "connector.class") != kDebeziumPostgres) return {};
  if (ValueOf(rendered.config, "database.dbname") != rules_.source_database) {
    return not_checked("it is not the one of the setting database_url");
  }
  const auto slots = source_.Slots(limits);
  if (!slots.ok()) return not_checked(slots.status().message());
  const auto facts = source_.Facts(QuestionFor(rendered.config), limits);
  if (!facts.ok()) return not_checked(facts.status().message());
  const std::string slot = ValueOf(rendered.config, "slot.name");
  const bool has_slot = std::any_of(slots->begin(), slots->end(),
                                    [&slot](const SlotRow& row) { return row.name == slot; });
  return Preflight(rendered.config, *facts, has_slot);
}

absl::StatusOr<Planned> Planner::Plan(const std::set<std::string>& only, const CallLimits& limits) {
  ASSIGN_OR_RETURN(RenderedSet set, RenderAll());
  Planned planned;
  ASSIGN_OR_RETURN(planned.deployed, connect_.List(limits));
  planned.plan = PlanConnectors(set.rendered, planned.deployed);
  planned.plan.findings = std::move(set.findings);

  if (!only.empty()) {
    std::set<std::string> missing = only;
    for (const PlanStep& step : planned.plan.steps) missing.erase(step.connector);
    if (!missing.empty()) {
      return status::Error(
          {.code = absl::StatusCode::kNotFound,
           .reason = status::Reason::kResourceNotFound,
           .message = absl::StrCat("No template describes and Connect does not have: ",
                                   absl::StrJoin(missing, ", "), "."),
           .resource =
               status::ResourceRef{"connectors", absl::StrCat("connectors/", *missing.begin())}});
    }
    std::erase_if(planned.plan.steps,
                  [&only](const PlanStep& step) { return !only.contains(step.connector); });
  }
  for (RenderedConfig& rendered : set.rendered) {
    if (!rendered.connector.empty())
      planned.rendered.emplace(rendered.connector, std::move(rendered));
  }
  for (PlanStep& step : planned.plan.steps) {
    // What stays as it is was checked when it was written; a blocked one has its reasons.
    if (step.action != Action::kCreate && step.action != Action::kUpdate) continue;
    const RenderedConfig& rendered = planned.rendered.at(step.connector);
    AddFindings(step, AskSource(rendered, limits));
    if (step.action != Action::kBlocked) AddFindings(step, AskConnect(rendered, limits));
  }
  planned.plan.token =
      MakePlanToken(planned.plan, planned.deployed, rules_.render.revision_key, clock_.Now());
  return planned;
}

absl::Status Planner::CheckToken(const std::string& token, const Planned& planned) const {
  return CheckPlanToken(token, planned.plan, planned.deployed, rules_.render.revision_key,
                        clock_.Now());
}

}  // namespace storefront::connectors
