// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/convert.h"

#include <google/protobuf/timestamp.pb.h>

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "libs/status/reason.h"
#include "services/topic-admin/policy_convert.h"
#include "services/topic-admin/topic_name.h"

namespace storefront::topics {
namespace {

// The enums of the domain in the order of the proto, zero left out.
static_assert(static_cast<int>(StepKind::kUnenforceable) + 1 == v1::TopicPlanStep::UNENFORCEABLE);
static_assert(static_cast<int>(StepStatus::kUnknown) + 1 == v1::TopicPlanStep::UNKNOWN);
static_assert(static_cast<int>(PlanState::kInterrupted) + 1 == v1::TopicPlan::INTERRUPTED);
static_assert(static_cast<int>(ConfigSource::kDefault) == v1::TopicConfig::DEFAULT);

void SetTime(absl::Time time, google::protobuf::Timestamp* (v1::TopicPlan::*field)(),
             v1::TopicPlan& plan) {
  if (time == absl::InfinitePast()) return;
  google::protobuf::Timestamp& proto = *(plan.*field)();
  proto.set_seconds(absl::ToUnixSeconds(time));
  proto.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(proto.seconds()))));
}

v1::TopicRisk ToProto(Risk risk) {
  switch (risk) {
    case Risk::kNone:
      return v1::TOPIC_RISK_UNSPECIFIED;
    case Risk::kSafe:
      return v1::SAFE;
    case Risk::kAvailability:
      return v1::AVAILABILITY;
    case Risk::kOrdering:
      return v1::ORDERING;
    case Risk::kDataLoss:
      return v1::DATA_LOSS;
  }
  return v1::TOPIC_RISK_UNSPECIFIED;
}

void Count(const PlanStep& step, v1::TopicPlanSummary& summary) {
  switch (step.kind) {
    case StepKind::kCreate:
      summary.set_creates(summary.creates() + 1);
      break;
    case StepKind::kAlterConfig:
      summary.set_alters(summary.alters() + 1);
      break;
    case StepKind::kAddPartitions:
      summary.set_partition_additions(summary.partition_additions() + 1);
      break;
    case StepKind::kChangeReplication:
    case StepKind::kUnenforceable:
      summary.set_manual(summary.manual() + 1);
      break;
    case StepKind::kNoop:
      summary.set_unchanged(summary.unchanged() + 1);
      break;
    case StepKind::kBlocked:
      summary.set_blocked(summary.blocked() + 1);
      break;
  }
  if (!IsChange(step.kind)) return;
  summary.set_changes(summary.changes() + 1);
  switch (step.status) {
    case StepStatus::kApplied:
      summary.set_applied(summary.applied() + 1);
      break;
    case StepStatus::kFailed:
    case StepStatus::kAborted:
    case StepStatus::kPending:
    case StepStatus::kUnknown:
      summary.set_unsuccessful(summary.unsuccessful() + 1);
      break;
    case StepStatus::kPlanned:
    case StepStatus::kSkipped:
      break;
  }
}

}  // namespace

absl::StatusOr<std::string> TopicFromName(absl::string_view name) {
  absl::string_view topic = name;
  if (!absl::ConsumePrefix(&topic, "topics/")) {
    return status::InvalidField("name", "must be topics/ and the topic's name");
  }
  const std::string problem = TopicNameProblem(topic);
  if (!problem.empty()) return status::InvalidField("name", problem);
  return std::string(topic);
}

absl::StatusOr<std::string> PlanIdFromName(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, "topicPlans/") || id.empty()) {
    return status::InvalidField("name", "must be topicPlans/ and the plan's id");
  }
  return std::string(id);
}

ApplyRequest FromProto(const v1::ApplyTopicPlanRequest& request, std::string id,
                       std::string principal) {
  ApplyRequest apply = {.id = std::move(id),
                        .etag = request.etag(),
                        .allow_bulk = request.allow_bulk(),
                        .confirm = {request.confirm().begin(), request.confirm().end()},
                        .fail_fast = request.fail_fast(),
                        .principal = std::move(principal)};
  if (request.allow_data_loss()) apply.flags.emplace(FlagFor(Risk::kDataLoss));
  if (request.allow_reordering()) apply.flags.emplace(FlagFor(Risk::kOrdering));
  if (request.allow_availability_risk()) apply.flags.emplace(FlagFor(Risk::kAvailability));
  return apply;
}

v1::Topic ToProto(const TopicState& state, const TopicConfigs* configs,
                  const std::string& protection, const std::vector<std::string>& policy_sources) {
  v1::Topic topic;
  topic.set_name(absl::StrCat("topics/", state.name));
  topic.set_topic(state.name);
  topic.set_topic_id(state.topic_id);
  topic.set_internal(state.internal);
  topic.set_protection(protection);
  topic.set_partition_count(static_cast<int32_t>(state.partitions.size()));
  if (!state.partitions.empty()) {
    topic.set_replication_factor(static_cast<int32_t>(state.partitions[0].replicas.size()));
  }
  for (const PartitionState& partition : state.partitions) {
    v1::TopicPartition& proto = *topic.add_partitions();
    proto.set_id(partition.id);
    proto.set_leader(partition.leader);
    for (const int32_t id : partition.replicas) proto.add_replicas(id);
    for (const int32_t id : partition.in_sync_replicas) proto.add_in_sync_replicas(id);
  }
  for (const std::string& source : policy_sources) topic.add_policy_sources(source);
  if (configs == nullptr) return topic;
  for (const auto& [key, entry] : *configs) {
    v1::TopicConfig& config = *topic.add_configs();
    config.set_key(key);
    config.set_value(entry.value);
    config.set_source(static_cast<v1::TopicConfig::Source>(entry.source));
    config.set_sensitive(entry.sensitive);
  }
  return topic;
}

v1::TopicCluster ToProto(const ClusterInfo& cluster, size_t topic_count) {
  v1::TopicCluster proto;
  proto.set_cluster_id(cluster.cluster_id);
  proto.set_controller_id(cluster.controller_id);
  for (const BrokerNode& node : cluster.brokers) {
    v1::Broker& broker = *proto.add_brokers();
    broker.set_id(node.id);
    broker.set_host(node.host);
    broker.set_port(node.port);
    broker.set_rack(node.rack);
  }
  proto.set_topic_count(static_cast<int32_t>(topic_count));
  return proto;
}

v1::TopicPlan ToProto(const TopicPlan& plan) {
  v1::TopicPlan proto;
  if (!plan.id.empty()) proto.set_name(absl::StrCat("topicPlans/", plan.id));
  proto.set_state(static_cast<v1::TopicPlan::State>(static_cast<int>(plan.state) + 1));
  proto.set_etag(plan.etag);
  if (!plan.id.empty()) {
    SetTime(plan.create_time, &v1::TopicPlan::mutable_create_time, proto);
    SetTime(plan.expire_time, &v1::TopicPlan::mutable_expire_time, proto);
  }
  SetTime(plan.start_time, &v1::TopicPlan::mutable_start_time, proto);
  SetTime(plan.end_time, &v1::TopicPlan::mutable_end_time, proto);
  proto.set_created_by(plan.created_by);
  proto.set_applied_by(plan.applied_by);
  proto.set_cluster_id(plan.cluster_id);
  proto.set_policy_etag(plan.policy_etag);
  std::set<std::string> flags;
  proto.mutable_summary();
  for (const PlanStep& step : plan.steps) {
    Count(step, *proto.mutable_summary());
    flags.insert(step.required_flags.begin(), step.required_flags.end());
  }
  for (const std::string& flag : flags) proto.add_required_flags(flag);
  for (const Finding& finding : plan.findings) *proto.add_findings() = ToProto(finding);
  if (plan.error.code != absl::StatusCode::kOk) {
    *proto.mutable_error() = status::ToRpcStatus(status::Error(
        {.code = plan.error.code,
         .reason = status::ReasonFromName(plan.error.reason).value_or(status::Reason::kUnspecified),
         .message = plan.error.message}));
  }
  return proto;
}

v1::TopicPlanStep ToProto(const PlanStep& step, size_t index) {
  v1::TopicPlanStep proto;
  proto.set_index(static_cast<int32_t>(index));
  proto.set_kind(static_cast<v1::TopicPlanStep::Kind>(static_cast<int>(step.kind) + 1));
  proto.set_topic(step.topic);
  proto.set_risk(ToProto(step.risk));
  for (const std::string& flag : step.required_flags) proto.add_required_flags(flag);
  for (const ConfigChange& change : step.configs) {
    v1::TopicConfigChange& config = *proto.add_configs();
    config.set_key(change.key);
    config.set_operation(change.operation == ConfigOperation::kSet ? v1::TopicConfigChange::SET
                                                                   : v1::TopicConfigChange::DELETE);
    config.set_before(change.before);
    config.set_before_is_override(change.before_is_override);
    config.set_after(change.after);
    config.set_source(change.source);
  }
  proto.set_partitions_before(step.partitions_before);
  proto.set_partitions_after(step.partitions_after);
  proto.set_replication_before(step.replication_before);
  proto.set_replication_after(step.replication_after);
  proto.set_reason(step.reason);
  proto.set_message(step.message);
  proto.set_status(static_cast<v1::TopicPlanStep::Status>(static_cast<int>(step.status) + 1));
  proto.set_kafka_code(step.kafka_code);
  proto.set_outcome(step.outcome);
  proto.set_attempts(step.attempts);
  return proto;
}

}  // namespace storefront::topics
