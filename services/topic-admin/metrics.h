// What topic-admin counts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "services/topic-admin/plan.h"

namespace storefront::topics {

// Thread-safety: all methods. Lifetime: the registry outlives it.
class Metrics {
 public:
  explicit Metrics(prometheus::Registry& registry);

  void PolicyRead(bool valid);
  void AdminRequest(const std::string& api, const std::string& code);
  void PlanApplied(const TopicPlan& plan);

 private:
  prometheus::Gauge& policy_valid_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& steps_;
  prometheus::Histogram& apply_seconds_;
};

}  // namespace storefront::topics
