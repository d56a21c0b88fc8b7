// storefrontctl health: what probes of containers and supervisors call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace storefront::cli {

// Exit codes of grpc_health_probe: 0 serving, 1 arguments, 2 connect, 3 rpc, 4 not serving.
Command HealthCommand();

// The exit code of an answer or of an error.
ExitCode HealthExitCode(const absl::StatusOr<std::string>& answer);

}  // namespace storefront::cli
