// What Kafka accepts as a topic's name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace storefront::topics {

inline constexpr size_t kMaxTopicNameLength = 249;

// A sentence that says why `name` cannot be a topic; empty when it can.
std::string TopicNameProblem(absl::string_view name);

// The name as Kafka's metrics see it, where `.` and `_` are one character: two topics with the same
// metric name collide (L10).
std::string MetricName(absl::string_view name);

}  // namespace storefront::topics
