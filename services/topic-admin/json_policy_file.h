// The policy as a JSON file on disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "libs/clock/clock.h"
#include "services/topic-admin/policy_check.h"
#include "services/topic-admin/policy_file.h"

namespace storefront::topics {

inline constexpr size_t kMaxPolicyBytes = 1 << 20;

// `on_read` hears after each Read whether the file was usable. `clock` outlives the result.
std::unique_ptr<PolicyFile> MakeJsonPolicyFile(std::string path, PolicyLimits limits,
                                               clock::Clock& clock,
                                               std::function<void(bool)> on_read = nullptr);

}  // namespace storefront::topics
