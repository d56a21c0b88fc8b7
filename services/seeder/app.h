// The seeder put together: settings, adapters, domain, edge.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/grpcserver/process.h"

namespace storefront::seeder {

// INVALID_ARGUMENT INVALID_SETTING for a database_url that is none.
absl::StatusOr<std::unique_ptr<grpcserver::App>> MakeApp(const grpcserver::Context& context);

}  // namespace storefront::seeder
