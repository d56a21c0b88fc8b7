// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_plan.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::topics {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

absl::Time ReadTime(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  absl::Time time = absl::InfinitePast();
  std::string error;
  if (!text.empty() && !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    throw std::invalid_argument(error);
  }
  return time;
}

// An enum by the names that plan.h gives its values.
template <typename Enum, typename Name>
Enum ReadEnum(const json& value, Enum last, Name name) {
  const auto& text = value.get_ref<const std::string&>();
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (name(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  throw std::invalid_argument(absl::StrCat("unknown value ", text));
}

std::string Text(absl::string_view text) { return std::string(text); }

json WriteStep(const PlanStep& step) {
  json configs = json::array();
  for (const ConfigChange& change : step.configs) {
    configs.push_back({{"key", change.key},
                       {"delete", change.operation == ConfigOperation::kDelete},
                       {"before", change.before},
                       {"override", change.before_is_override},
                       {"after", change.after},
                       {"source", change.source}});
  }
  return {{"kind", Text(StepKindName(step.kind))},
          {"topic", step.topic},
          {"risk", Text(RiskName(step.risk))},
          {"flags", step.required_flags},
          {"configs", std::move(configs)},
          {"partitions", {step.partitions_before, step.partitions_after}},
          {"replication", {step.replication_before, step.replication_after}},
          {"reason", step.reason},
          {"message", step.message},
          {"status", Text(StepStatusName(step.status))},
          {"kafka_code", step.kafka_code},
          {"outcome", step.outcome},
          {"attempts", step.attempts}};
}

PlanStep ReadStep(const json& value) {
  PlanStep step = {.kind = ReadEnum(value.at("kind"), StepKind::kUnenforceable, StepKindName),
                   .topic = value.at("topic"),
                   .risk = ReadEnum(value.at("risk"), Risk::kDataLoss, RiskName),
                   .required_flags = value.at("flags")};
  for (const json& change : value.at("configs")) {
    step.configs.push_back({.key = change.at("key"),
                            .operation = change.at("delete").get<bool>() ? ConfigOperation::kDelete
                                                                         : ConfigOperation::kSet,
                            .before = change.at("before"),
                            .before_is_override = change.at("override"),
                            .after = change.at("after"),
                            .source = change.at("source")});
  }
  step.partitions_before = value.at("partitions").at(0);
  step.partitions_after = value.at("partitions").at(1);
  step.replication_before = value.at("replication").at(0);
  step.replication_after = value.at("replication").at(1);
  step.reason = value.at("reason");
  step.message = value.at("message");
  step.status = ReadEnum(value.at("status"), StepStatus::kUnknown, StepStatusName);
  step.kafka_code = value.at("kafka_code");
  step.outcome = value.at("outcome");
  step.attempts = value.at("attempts");
  return step;
}

TopicPlan ReadPlan(const json& value) {
  if (value.at("format") != kFormat) throw std::invalid_argument("another format");
  TopicPlan plan;
  plan.id = value.at("id");
  plan.state = ReadEnum(value.at("state"), PlanState::kInterrupted, PlanStateName);
  plan.revision = value.at("revision");
  plan.etag = value.at("etag");
  plan.create_time = ReadTime(value.at("create_time"));
  plan.expire_time = ReadTime(value.at("expire_time"));
  plan.start_time = ReadTime(value.at("start_time"));
  plan.end_time = ReadTime(value.at("end_time"));
  plan.created_by = value.at("created_by");
  plan.applied_by = value.at("applied_by");
  plan.cluster_id = value.at("cluster_id");
  plan.policy_etag = value.at("policy_etag");
  for (const json& step : value.at("steps")) plan.steps.push_back(ReadStep(step));
  plan.fingerprints = value.at("fingerprints");
  for (const json& finding : value.at("findings")) {
    plan.findings.push_back({.id = finding.at("id"),
                             .severity = static_cast<LintSeverity>(finding.at("severity")),
                             .subject = finding.at("subject"),
                             .description = finding.at("description")});
  }
  plan.error = {.code = static_cast<absl::StatusCode>(value.at("error").at("code")),
                .reason = value.at("error").at("reason"),
                .message = value.at("error").at("message")};
  return plan;
}

}  // namespace

std::string PlanToJson(const TopicPlan& plan) {
  json steps = json::array();
  for (const PlanStep& step : plan.steps) steps.push_back(WriteStep(step));
  json findings = json::array();
  for (const Finding& finding : plan.findings) {
    findings.push_back({{"id", finding.id},
                        {"severity", static_cast<int>(finding.severity)},
                        {"subject", finding.subject},
                        {"description", finding.description}});
  }
  const json value = {{"format", kFormat},
                      {"id", plan.id},
                      {"state", Text(PlanStateName(plan.state))},
                      {"revision", plan.revision},
                      {"etag", plan.etag},
                      {"create_time", TimeText(plan.create_time)},
                      {"expire_time", TimeText(plan.expire_time)},
                      {"start_time", TimeText(plan.start_time)},
                      {"end_time", TimeText(plan.end_time)},
                      {"created_by", plan.created_by},
                      {"applied_by", plan.applied_by},
                      {"cluster_id", plan.cluster_id},
                      {"policy_etag", plan.policy_etag},
                      {"steps", std::move(steps)},
                      {"fingerprints", plan.fingerprints},
                      {"findings", std::move(findings)},
                      {"error",
                       {{"code", static_cast<int>(plan.error.code)},
                        {"reason", plan.error.reason},
                        {"message", plan.error.message}}}};
  // Text of the broker can hold anything: bytes that are not UTF-8 are replaced, not thrown at.
  return value.dump(1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<TopicPlan> PlanFromJson(absl::string_view text) {
  try {
    return ReadPlan(json::parse(text.begin(), text.end()));
  } catch (const std::exception& error) {
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = status::Reason::kInternalError,
                          .message = "A stored plan cannot be read.",
                          .internal = error.what()});
  }
}

}  // namespace storefront::topics
