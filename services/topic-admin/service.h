// The gRPC edge of topic-admin: validate, convert, call the domain, convert back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/grpcserver/edge.h"
#include "services/topic-admin/cluster_admin.h"
#include "services/topic-admin/plan_runs.h"
#include "services/topic-admin/planner.h"
#include "services/topic-admin/policy_check.h"
#include "services/topic-admin/policy_file.h"
#include "storefront/topics/v1/topics.grpc.pb.h"

namespace storefront::topics {

struct ServiceOptions {
  std::vector<std::string> connect_storage;
  BatchLimits batches;
  PolicyLimits policy;
};

// Thread-safety: gRPC's threads call every method. Lifetime: what it is given outlives it.
class TopicEdge final : public v1::TopicService::CallbackService {
 public:
  TopicEdge(grpcserver::Edge& edge, ClusterAdmin& cluster, PolicyFile& policy, PlanRuns& runs,
            ServiceOptions options);

  grpc::ServerUnaryReactor* ListTopics(grpc::CallbackServerContext* call,
                                       const v1::ListTopicsRequest* request,
                                       v1::ListTopicsResponse* response) override;
  grpc::ServerUnaryReactor* GetTopic(grpc::CallbackServerContext* call,
                                     const v1::GetTopicRequest* request,
                                     v1::Topic* response) override;
  grpc::ServerUnaryReactor* DescribeTopicCluster(grpc::CallbackServerContext* call,
                                                 const v1::DescribeTopicClusterRequest* request,
                                                 v1::TopicCluster* response) override;
  grpc::ServerUnaryReactor* GetTopicPolicy(grpc::CallbackServerContext* call,
                                           const v1::GetTopicPolicyRequest* request,
                                           v1::LiveTopicPolicy* response) override;
  grpc::ServerUnaryReactor* ValidateTopicPolicy(grpc::CallbackServerContext* call,
                                                const v1::ValidateTopicPolicyRequest* request,
                                                v1::ValidateTopicPolicyResponse* response) override;
  grpc::ServerUnaryReactor* ListTopicPlans(grpc::CallbackServerContext* call,
                                           const v1::ListTopicPlansRequest* request,
                                           v1::ListTopicPlansResponse* response) override;
  grpc::ServerUnaryReactor* GetTopicPlan(grpc::CallbackServerContext* call,
                                         const v1::GetTopicPlanRequest* request,
                                         v1::TopicPlan* response) override;
  grpc::ServerUnaryReactor* CreateTopicPlan(grpc::CallbackServerContext* call,
                                            const v1::CreateTopicPlanRequest* request,
                                            v1::TopicPlan* response) override;
  grpc::ServerUnaryReactor* ApplyTopicPlan(grpc::CallbackServerContext* call,
                                           const v1::ApplyTopicPlanRequest* request,
                                           v1::TopicPlan* response) override;
  grpc::ServerUnaryReactor* CancelTopicPlan(grpc::CallbackServerContext* call,
                                            const v1::CancelTopicPlanRequest* request,
                                            v1::TopicPlan* response) override;
  grpc::ServerWriteReactor<v1::WatchTopicPlanResponse>* WatchTopicPlan(
      grpc::CallbackServerContext* call, const v1::WatchTopicPlanRequest* request) override;

 private:
  absl::Status List(const v1::ListTopicsRequest& request, const CallLimits& limits,
                    v1::ListTopicsResponse& response);
  absl::Status Validate(const v1::ValidateTopicPolicyRequest& request,
                        v1::ValidateTopicPolicyResponse& response);
  absl::StatusOr<TopicPlan> Plan(const v1::CreateTopicPlanRequest& request,
                                 const CallLimits& limits);

  grpcserver::Edge& edge_;
  ClusterAdmin& cluster_;
  PolicyFile& policy_;
  PlanRuns& runs_;
  const ServiceOptions options_;
  const grpcserver::Method list_topics_, get_topic_, describe_cluster_, get_policy_,
      validate_policy_, list_plans_, get_plan_, create_plan_, apply_plan_, cancel_plan_,
      watch_plan_;
};

}  // namespace storefront::topics
