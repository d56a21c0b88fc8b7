// How topic-admin is put together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/grpcserver/process.h"

namespace storefront::topics {

// FAILED_PRECONDITION when the state folder cannot be used or another process has it.
absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context);

}  // namespace storefront::topics
