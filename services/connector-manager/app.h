// Puts the service together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/grpcserver/process.h"

namespace storefront::connectors {

// FAILED_PRECONDITION INVALID_SETTING for settings that fit their rows but not the machine.
absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context);

}  // namespace storefront::connectors
