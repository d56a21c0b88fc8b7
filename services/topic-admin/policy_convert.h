// The policy between proto and domain; shared by the edge and by the reader of the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "services/topic-admin/policy.h"
#include "storefront/topics/v1/policy.pb.h"
#include "storefront/topics/v1/topics.pb.h"

namespace storefront::topics {

// Enum numbers that this version does not know are added to `problems` (protobuf lets them pass).
TopicPolicy FromProto(const v1::TopicPolicy& proto, std::vector<PolicyProblem>& problems);

v1::TopicPolicy ToProto(const TopicPolicy& policy);

v1::PolicyFinding ToProto(const Finding& finding);

}  // namespace storefront::topics
