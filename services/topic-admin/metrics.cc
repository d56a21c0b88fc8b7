// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/metrics.h"

#include "absl/time/time.h"

namespace storefront::topics {
namespace {

constexpr char kPolicyValid[] = "storefront_topic_admin_policy_valid";
constexpr char kRequests[] = "storefront_topic_admin_admin_requests_total";
constexpr char kSteps[] = "storefront_topic_admin_steps_total";
constexpr char kApplySeconds[] = "storefront_topic_admin_apply_seconds";

}  // namespace

Metrics::Metrics(prometheus::Registry& registry)
    : policy_valid_(prometheus::BuildGauge()
                        .Name(kPolicyValid)
                        .Help("1 while the policy file can be used")
                        .Register(registry)
                        .Add({})),
      requests_(prometheus::BuildCounter()
                    .Name(kRequests)
                    .Help("Requests to Kafka by api and Kafka's name of the outcome")
                    .Register(registry)),
      steps_(prometheus::BuildCounter()
                 .Name(kSteps)
                 .Help("Steps of applied plans by kind and status")
                 .Register(registry)),
      apply_seconds_(prometheus::BuildHistogram()
                         .Name(kApplySeconds)
                         .Help("Time from the begin of a run to its end")
                         .Register(registry)
                         .Add({}, prometheus::Histogram::BucketBoundaries{
                                      0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120})) {}

void Metrics::PolicyRead(bool valid) { policy_valid_.Set(valid ? 1 : 0); }

void Metrics::AdminRequest(const std::string& api, const std::string& code) {
  requests_.Add({{"api", api}, {"code", code}}).Increment();
}

void Metrics::PlanApplied(const TopicPlan& plan) {
  for (const PlanStep& step : plan.steps) {
    steps_
        .Add({{"kind", std::string(StepKindName(step.kind))},
              {"status", std::string(StepStatusName(step.status))}})
        .Increment();
  }
  apply_seconds_.Observe(absl::ToDoubleSeconds(plan.end_time - plan.start_time));
}

}  // namespace storefront::topics
