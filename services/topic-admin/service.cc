// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/grpcserver/paging.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/convert.h"
#include "services/topic-admin/observe.h"
#include "services/topic-admin/policy_convert.h"
#include "services/topic-admin/protection.h"
#include "services/topic-admin/resolve.h"

namespace storefront::topics {
namespace {

using grpcserver::CallScope;

CallLimits Limits(const CallScope& scope) {
  return {.deadline = scope.deadline, .stop = scope.stop};
}

grpcserver::Method Resolve(grpcserver::Edge& edge, const std::string& method) {
  return edge.Resolve(v1::TopicService::service_full_name(), method);
}

// What the policy says about topics that are shown; nothing while it is not valid.
class PolicyView {
 public:
  PolicyView(PolicyFile& file, const std::vector<std::string>& connect_storage) {
    auto loaded = file.Read();
    if (loaded.ok()) policy_ = std::move(loaded->policy);
    protection_.emplace(connect_storage, policy_.protected_patterns);
    resolver_.emplace(policy_);
  }
  PolicyView(const PolicyView&) = delete;
  PolicyView& operator=(const PolicyView&) = delete;

  v1::Topic Show(const TopicState& state, const TopicConfigs* configs) const {
    const std::string protection = protection_->Why(state.name, state.internal);
    const auto wanted = resolver_->Resolve(state.name, /*entry_only=*/!protection.empty());
    return ToProto(state, configs, protection,
                   wanted ? wanted->sources : std::vector<std::string>());
  }

 private:
  TopicPolicy policy_;
  std::optional<Protection> protection_;
  std::optional<Resolver> resolver_;
};

// A page of the plan's steps, up to 1000.
absl::Status AddSteps(const TopicPlan& plan, int32_t page_size, const std::string& page_token,
                      v1::TopicPlan& proto) {
  ASSIGN_OR_RETURN(const grpcserver::Page page,
                   grpcserver::ResolvePage(page_size == 0 ? grpcserver::kMaxPageSize : page_size,
                                           page_token, absl::StrCat("steps of ", plan.id)));
  for (size_t i = page.offset; i < plan.steps.size() && i - page.offset < page.size; ++i) {
    *proto.add_steps() = ToProto(plan.steps[i], i);
  }
  proto.set_next_step_page_token(page.NextToken(plan.steps.size()));
  return absl::OkStatus();
}

absl::Status FirstPage(const TopicPlan& plan, v1::TopicPlan& proto) {
  proto = ToProto(plan);
  return AddSteps(plan, 0, "", proto);
}

}  // namespace

TopicEdge::TopicEdge(grpcserver::Edge& edge, ClusterAdmin& cluster, PolicyFile& policy,
                     PlanRuns& runs, ServiceOptions options)
    : edge_(edge),
      cluster_(cluster),
      policy_(policy),
      runs_(runs),
      options_(std::move(options)),
      list_topics_(Resolve(edge, "ListTopics")),
      get_topic_(Resolve(edge, "GetTopic")),
      describe_cluster_(Resolve(edge, "DescribeTopicCluster")),
      get_policy_(Resolve(edge, "GetTopicPolicy")),
      validate_policy_(Resolve(edge, "ValidateTopicPolicy")),
      list_plans_(Resolve(edge, "ListTopicPlans")),
      get_plan_(Resolve(edge, "GetTopicPlan")),
      create_plan_(Resolve(edge, "CreateTopicPlan")),
      apply_plan_(Resolve(edge, "ApplyTopicPlan")),
      cancel_plan_(Resolve(edge, "CancelTopicPlan")),
      watch_plan_(Resolve(edge, "WatchTopicPlan")) {}

grpc::ServerUnaryReactor* TopicEdge::ListTopics(grpc::CallbackServerContext* call,
                                                const v1::ListTopicsRequest* request,
                                                v1::ListTopicsResponse* response) {
  return edge_.Unary(call, list_topics_, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       return List(*request, Limits(scope), *response);
                     });
}

absl::Status TopicEdge::List(const v1::ListTopicsRequest& request, const CallLimits& limits,
                             v1::ListTopicsResponse& response) {
  ASSIGN_OR_RETURN(const grpcserver::Page page,
                   grpcserver::ResolvePage(request.page_size(), request.page_token(),
                                           absl::StrCat("topics ", request.prefix())));
  ASSIGN_OR_RETURN(std::vector<std::string> names, cluster_.ListTopics(limits));
  std::erase_if(names,
                [&](const std::string& name) { return !absl::StartsWith(name, request.prefix()); });
  std::vector<std::string> shown;
  for (size_t i = page.offset; i < names.size() && shown.size() < page.size; ++i) {
    shown.push_back(names[i]);
  }
  const PolicyView view(policy_, options_.connect_storage);
  const bool has_configs = request.view() == v1::CONFIG;
  const auto read = [&](const std::vector<std::string>& batch) -> absl::Status {
    ASSIGN_OR_RETURN(const auto states, cluster_.DescribeTopics(batch, limits));
    ByTopic<absl::StatusOr<TopicConfigs>> configs;
    if (has_configs) {
      ASSIGN_OR_RETURN(configs, cluster_.DescribeConfigs(batch, limits));
    }
    for (const auto& [name, state] : states) {
      if (absl::IsNotFound(state.status())) continue;  // deleted since it was listed
      RETURN_IF_ERROR(state.status());
      const auto config = configs.find(name);
      if (config != configs.end()) {
        if (absl::IsNotFound(config->second.status())) continue;
        RETURN_IF_ERROR(config->second.status());
      }
      *response.add_topics() =
          view.Show(*state, config == configs.end() ? nullptr : &*config->second);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachBatch(shown, options_.batches.topics, read));
  response.set_next_page_token(page.NextToken(names.size()));
  response.set_total_size(static_cast<int32_t>(names.size()));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TopicEdge::GetTopic(grpc::CallbackServerContext* call,
                                              const v1::GetTopicRequest* request,
                                              v1::Topic* response) {
  return edge_.Unary(
      call, get_topic_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, TopicFromName(request->name()));
        ASSIGN_OR_RETURN(const auto observed,
                         ObserveTopics(cluster_, {name}, options_.batches.topics, Limits(scope)));
        const auto found = observed.find(name);
        if (found == observed.end()) {
          return status::Error({.code = absl::StatusCode::kNotFound,
                                .reason = status::Reason::kResourceNotFound,
                                .message = absl::StrCat("There is no topic ", name, "."),
                                .resource = status::ResourceRef{"topics", request->name()}});
        }
        const PolicyView view(policy_, options_.connect_storage);
        *response = view.Show(found->second.state,
                              request->view() == v1::BASIC ? nullptr : &found->second.configs);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* TopicEdge::DescribeTopicCluster(
    grpc::CallbackServerContext* call, const v1::DescribeTopicClusterRequest* request,
    v1::TopicCluster* response) {
  return edge_.Unary(call, describe_cluster_, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       ASSIGN_OR_RETURN(const ClusterInfo info,
                                        cluster_.DescribeCluster(Limits(scope)));
                       ASSIGN_OR_RETURN(const auto names, cluster_.ListTopics(Limits(scope)));
                       *response = ToProto(info, names.size());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* TopicEdge::GetTopicPolicy(grpc::CallbackServerContext* call,
                                                    const v1::GetTopicPolicyRequest* request,
                                                    v1::LiveTopicPolicy* response) {
  return edge_.Unary(
      call, get_policy_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const LoadedPolicy loaded, policy_.Read());
        response->set_name("topicPolicy");
        *response->mutable_policy() = ToProto(loaded.policy);
        response->set_etag(loaded.etag);
        response->mutable_read_time()->set_seconds(absl::ToUnixSeconds(loaded.read_time));
        for (const Finding& finding : loaded.findings) *response->add_findings() = ToProto(finding);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* TopicEdge::ValidateTopicPolicy(
    grpc::CallbackServerContext* call, const v1::ValidateTopicPolicyRequest* request,
    v1::ValidateTopicPolicyResponse* response) {
  return edge_.Unary(
      call, validate_policy_, *request, *response,
      [=, this](const CallScope&) -> absl::Status { return Validate(*request, *response); });
}

absl::Status TopicEdge::Validate(const v1::ValidateTopicPolicyRequest& request,
                                 v1::ValidateTopicPolicyResponse& response) {
  TopicPolicy policy;
  std::vector<Finding> findings;
  switch (request.source_case()) {
    case v1::ValidateTopicPolicyRequest::SOURCE_NOT_SET:
      return status::InvalidField("policy", "one of policy and policy_json is needed");
    case v1::ValidateTopicPolicyRequest::kPolicyJson: {
      ASSIGN_OR_RETURN(LoadedPolicy loaded, policy_.Parse(request.policy_json()));
      policy = std::move(loaded.policy);
      findings = std::move(loaded.findings);
      break;
    }
    case v1::ValidateTopicPolicyRequest::kPolicy: {
      std::vector<PolicyProblem> problems;
      policy = FromProto(request.policy(), problems);
      PolicyReport report = CheckPolicy(policy, options_.policy);
      problems.insert(problems.end(), report.problems.begin(), report.problems.end());
      RETURN_IF_ERROR(PolicyInvalid(absl::StatusCode::kInvalidArgument, problems));
      findings = std::move(report.findings);
      break;
    }
  }
  *response.mutable_policy() = ToProto(policy);
  for (const Finding& finding : findings) *response.add_findings() = ToProto(finding);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TopicEdge::ListTopicPlans(grpc::CallbackServerContext* call,
                                                    const v1::ListTopicPlansRequest* request,
                                                    v1::ListTopicPlansResponse* response) {
  return edge_.Unary(
      call, list_plans_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(
            const grpcserver::Page page,
            grpcserver::ResolvePage(request->page_size(), request->page_token(), "topicPlans"));
        const std::vector<PlanPtr> plans = runs_.List();
        for (size_t i = page.offset; i < plans.size() && i - page.offset < page.size; ++i) {
          *response->add_topic_plans() = ToProto(*plans[i]);
        }
        response->set_next_page_token(page.NextToken(plans.size()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* TopicEdge::GetTopicPlan(grpc::CallbackServerContext* call,
                                                  const v1::GetTopicPlanRequest* request,
                                                  v1::TopicPlan* response) {
  return edge_.Unary(
      call, get_plan_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string id, PlanIdFromName(request->name()));
        ASSIGN_OR_RETURN(const PlanPtr plan, runs_.Get(id));
        *response = ToProto(*plan);
        return AddSteps(*plan, request->step_page_size(), request->step_page_token(), *response);
      });
}

absl::StatusOr<TopicPlan> TopicEdge::Plan(const v1::CreateTopicPlanRequest& request,
                                          const CallLimits& limits) {
  ASSIGN_OR_RETURN(const LoadedPolicy policy, policy_.Read());
  const PlanRequest asked = {.topics = {request.topics().begin(), request.topics().end()}};
  return MakePlan(cluster_, policy, options_.connect_storage, asked, options_.batches, limits);
}

grpc::ServerUnaryReactor* TopicEdge::CreateTopicPlan(grpc::CallbackServerContext* call,
                                                     const v1::CreateTopicPlanRequest* request,
                                                     v1::TopicPlan* response) {
  return edge_.Unary(
      call, create_plan_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(TopicPlan plan, Plan(*request, Limits(scope)));
        if (request->validate_only()) return FirstPage(plan, *response);
        ASSIGN_OR_RETURN(const PlanPtr stored, runs_.Add(std::move(plan), scope.principal));
        return FirstPage(*stored, *response);
      });
}

grpc::ServerUnaryReactor* TopicEdge::ApplyTopicPlan(grpc::CallbackServerContext* call,
                                                    const v1::ApplyTopicPlanRequest* request,
                                                    v1::TopicPlan* response) {
  return edge_.Unary(
      call, apply_plan_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string id, PlanIdFromName(request->name()));
        ASSIGN_OR_RETURN(const PlanPtr plan, runs_.Apply(FromProto(*request, id, scope.principal)));
        return FirstPage(*plan, *response);
      });
}

grpc::ServerUnaryReactor* TopicEdge::CancelTopicPlan(grpc::CallbackServerContext* call,
                                                     const v1::CancelTopicPlanRequest* request,
                                                     v1::TopicPlan* response) {
  return edge_.Unary(call, cancel_plan_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const std::string id, PlanIdFromName(request->name()));
                       ASSIGN_OR_RETURN(const PlanPtr plan, runs_.Cancel(id));
                       return FirstPage(*plan, *response);
                     });
}

grpc::ServerWriteReactor<v1::WatchTopicPlanResponse>* TopicEdge::WatchTopicPlan(
    grpc::CallbackServerContext* call, const v1::WatchTopicPlanRequest* request) {
  using Sink = grpcserver::WatchSink<v1::WatchTopicPlanResponse>;
  return edge_.Watch<v1::WatchTopicPlanResponse>(
      call, watch_plan_, *request,
      [this, request = *request](const CallScope&,
                                 std::shared_ptr<Sink> sink) -> absl::StatusOr<sync::Subscription> {
        ASSIGN_OR_RETURN(const std::string id, PlanIdFromName(request.name()));
        return runs_.Watch(
            id, [sink = std::move(sink), after = request.after_sequence()](const PlanPtr& plan) {
              const bool is_final = IsFinal(plan->state);
              if (plan->revision > after) {
                v1::WatchTopicPlanResponse message;
                message.set_sequence(plan->revision);
                const absl::Status paged = FirstPage(*plan, *message.mutable_topic_plan());
                if (!paged.ok()) return sink->End(paged);
                message.set_skipped(sink->skipped());
                sink->Publish(std::move(message));
              }
              if (is_final) sink->End(absl::OkStatus());
            });
      });
}

}  // namespace storefront::topics
