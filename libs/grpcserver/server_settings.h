// The settings that every server has.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/config/settings.h"
#include "libs/grpcserver/access.h"
#include "libs/grpcserver/server_edge.h"

namespace storefront::grpcserver {

// listen, metrics_listen, auth_mode, token_file, allow_insecure_bind, log_level and the limits.
// The texts must outlive the rows.
std::vector<config::Setting> ServerSettingRows(absl::string_view default_listen,
                                               absl::string_view default_metrics_listen);

// True for 127.0.0.0/8, ::1 and localhost, each with a port.
bool IsLoopback(absl::string_view host_port);

// auth_mode none is accepted only when every listener is loopback, or with allow_insecure_bind:
// else INVALID_ARGUMENT INVALID_SETTING with the two ways out.
absl::StatusOr<AccessPolicy> AccessFrom(const config::Settings& settings);

EdgeLimits EdgeLimitsFrom(const config::Settings& settings);

}  // namespace storefront::grpcserver
