// A plan as the JSON text that the store keeps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/topic-admin/plan.h"

namespace storefront::topics {

std::string PlanToJson(const TopicPlan& plan);

// Everything PlanToJson wrote, unchanged. INTERNAL INTERNAL_ERROR for any other text.
absl::StatusOr<TopicPlan> PlanFromJson(absl::string_view text);

}  // namespace storefront::topics
