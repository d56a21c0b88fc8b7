// The profiles that are always there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "services/topic-admin/policy.h"

namespace storefront::topics {

// streaming: a bounded log. lakehouse: the current state, from which a table can be rebuilt.
// lakehouse_cd: the same, bounded. audit: everything, for ever. Values in Kafka's form.
const std::map<std::string, ConfigMap>& BuiltInProfiles();

// Settings of a profile of the policy or a built-in one; null when there is none.
const ConfigMap* FindProfile(const TopicPolicy& policy, const std::string& name);

}  // namespace storefront::topics
