// The migrator put together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/grpcserver/process.h"

namespace storefront::migrator {

absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context);

}  // namespace storefront::migrator
