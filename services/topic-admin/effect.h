// Whether a step's effect is there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "services/topic-admin/cluster_state.h"
#include "services/topic-admin/plan.h"

namespace storefront::topics {

// Empty when the observed topic is as the step wanted it (null: it is not there); else what
// differs, for a person. A topic whose partition has no leader yet differs: it is not usable.
std::string MissingEffect(const PlanStep& step, const ObservedTopic* observed);

}  // namespace storefront::topics
