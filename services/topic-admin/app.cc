// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/app.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/time/time.h"
#include "libs/kafka/admin_client.h"
#include "libs/log/event.h"
#include "libs/status/macros.h"
#include "services/topic-admin/file_plan_store.h"
#include "services/topic-admin/json_policy_file.h"
#include "services/topic-admin/metrics.h"
#include "services/topic-admin/plan_runs.h"
#include "services/topic-admin/rdkafka_cluster_admin.h"
#include "services/topic-admin/service.h"

namespace storefront::topics {
namespace {

constexpr absl::Duration kReadyTimeout = absl::Seconds(4);

BatchLimits Batches(const config::Settings& settings) {
  return {.topics = static_cast<size_t>(settings.Int("batch_topics")),
          .partitions = static_cast<size_t>(settings.Int("batch_partitions"))};
}

PolicyLimits Limits(const config::Settings& settings) {
  return {.max_rules = static_cast<size_t>(settings.Int("max_rules")),
          .max_topics = static_cast<size_t>(settings.Int("max_topics"))};
}

PlanRunOptions RunOptions(const config::Settings& settings, Metrics& metrics) {
  return {.apply = {.batches = Batches(settings),
                    .retry_timeout = settings.Duration("operation_timeout"),
                    .visibility_timeout = settings.Duration("visibility_timeout")},
          .plan_ttl = settings.Duration("plan_ttl"),
          .plans_kept = static_cast<size_t>(settings.Int("plans_kept")),
          .max_changed_topics = static_cast<int32_t>(settings.Int("max_changed_topics")),
          .on_end = [&metrics](const TopicPlan& plan) {
            metrics.PlanApplied(plan);
            LOG(INFO) << log::Event("plan_ended", {{"topic_plan", plan.id},
                                                   {"state", PlanStateName(plan.state)},
                                                   {"steps", plan.steps.size()},
                                                   {"principal", plan.applied_by}});
          }};
}

class TopicAdminApp final : public grpcserver::App {
 public:
  TopicAdminApp(const grpcserver::Context& context, std::unique_ptr<Metrics> metrics,
                std::unique_ptr<kafka::AdminClient> client, std::unique_ptr<PlanStore> store)
      : clock_(context.clock),
        metrics_(std::move(metrics)),
        client_(std::move(client)),
        cluster_(MakeRdkafkaClusterAdmin(*client_)),
        store_(std::move(store)),
        policy_(MakeJsonPolicyFile(context.settings.String("policy_file"), Limits(context.settings),
                                   clock_, [this](bool valid) { metrics_->PolicyRead(valid); })),
        runs_(*cluster_, *store_, clock_, RunOptions(context.settings, *metrics_)),
        service_(context.edge, *cluster_, *policy_, runs_,
                 {.connect_storage = context.settings.List("connect_storage_topics"),
                  .batches = Batches(context.settings),
                  .policy = Limits(context.settings)}) {}

  absl::Status Load() { return runs_.Load(); }

  std::vector<grpc::Service*> Services() override { return {&service_}; }

  // A policy that was usable once and is not any more fails plans, not the whole service.
  absl::Status CheckReady(const std::stop_token& stop) override {
    const absl::Status policy = policy_->Read().status();
    if (policy.ok()) policy_was_valid_ = true;
    if (!policy_was_valid_) return policy;
    return cluster_->DescribeCluster({.deadline = clock_.Steady() + kReadyTimeout, .stop = stop})
        .status();
  }

  void Stop() override { runs_.Stop(); }

 private:
  clock::Clock& clock_;
  const std::unique_ptr<Metrics> metrics_;
  const std::unique_ptr<kafka::AdminClient> client_;
  const std::unique_ptr<ClusterAdmin> cluster_;
  const std::unique_ptr<PlanStore> store_;
  const std::unique_ptr<PolicyFile> policy_;
  PlanRuns runs_;
  TopicEdge service_;
  std::atomic<bool> policy_was_valid_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context) {
  const config::Settings& settings = context.settings;
  auto metrics = std::make_unique<Metrics>(context.metrics);
  ASSIGN_OR_RETURN(auto client,
                   kafka::AdminClient::Create(
                       {.bootstrap_servers = settings.String("bootstrap_servers"),
                        .client_id = "storefront-topic-admin",
                        .request_timeout = settings.Duration("request_timeout"),
                        .operation_timeout = settings.Duration("operation_timeout")},
                       context.clock,
                       [observer = metrics.get()](const std::string& api, const std::string& code) {
                         observer->AdminRequest(api, code);
                       }));
  ASSIGN_OR_RETURN(auto store, OpenFilePlanStore(settings.String("state_dir")));
  auto app = std::make_unique<TopicAdminApp>(context, std::move(metrics), std::move(client),
                                             std::move(store));
  RETURN_IF_ERROR(app->Load());
  return app;
}

}  // namespace storefront::topics
