// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/server_settings.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::grpcserver {

using config::Kind;

std::vector<config::Setting> ServerSettingRows(absl::string_view default_listen,
                                               absl::string_view default_metrics_listen) {
  return {
      {.name = "listen",
       .default_value = default_listen,
       .doc = "Address and port of the gRPC server; port 0 takes a free one and logs it.",
       .required = true},
      {.name = "metrics_listen",
       .default_value = default_metrics_listen,
       .doc = "Address and port of /metrics; port 0 takes a free one and logs it.",
       .required = true},
      {.name = "auth_mode",
       .kind = Kind::kChoice,
       .default_value = "none",
       .doc = "Whether callers need a token; none is accepted on loopback only.",
       .choices = {"none", "token"}},
      {.name = "token_file",
       .doc =
           "Lines name:role:sha256hex with role viewer, operator or admin; for auth_mode token."},
      {.name = "allow_insecure_bind",
       .kind = Kind::kBool,
       .default_value = "false",
       .doc = "Accept auth_mode none on addresses that are not loopback."},
      {.name = "log_level",
       .kind = Kind::kChoice,
       .default_value = "info",
       .doc = "The least severe log lines that are written.",
       .choices = {"debug", "info", "warning", "error"}},
      {.name = "rpcs_running_max",
       .kind = Kind::kInt,
       .default_value = "64",
       .min = 1,
       .max = 1024,
       .unit = "calls",
       .doc = "Calls that run at once, each on a thread."},
      {.name = "rpcs_queued_max",
       .kind = Kind::kInt,
       .default_value = "256",
       .min = 0,
       .max = 100'000,
       .unit = "calls",
       .doc = "Calls that wait for a thread; what exceeds both is refused at once."},
      {.name = "streams_max",
       .kind = Kind::kInt,
       .default_value = "1000",
       .min = 1,
       .max = 100'000,
       .unit = "streams",
       .doc = "Watch streams that are open at once."},
      {.name = "deadline_max",
       .kind = Kind::kDuration,
       .default_value = "120s",
       .min = 1,
       .max = 3600,
       .doc = "Longest time a unary call may take, whatever its client allows."},
      {.name = "message_bytes_max",
       .kind = Kind::kBytes,
       .default_value = "4MiB",
       .min = 65536,
       .max = 268'435'456,
       .doc = "Largest request or response."},
  };
}

bool IsLoopback(absl::string_view host_port) {
  const size_t colon = host_port.rfind(':');
  const absl::string_view host = host_port.substr(0, colon);
  return absl::StartsWith(host, "127.") || host == "[::1]" || host == "localhost";
}

absl::StatusOr<AccessPolicy> AccessFrom(const config::Settings& settings) {
  if (settings.String("auth_mode") == "token") {
    if (settings.String("token_file").empty()) {
      return status::Error({.code = absl::StatusCode::kInvalidArgument,
                            .reason = status::Reason::kInvalidSetting,
                            .message = "auth_mode token needs token_file.",
                            .fields = {{"token_file", "is required with auth_mode token"}}});
    }
    return AccessPolicy::FromTokenFile(settings.String("token_file"));
  }
  std::vector<status::FieldViolation> open;
  for (const absl::string_view name : {"listen", "metrics_listen"}) {
    const std::string& address = settings.String(name);
    if (!IsLoopback(address)) {
      open.push_back({std::string(name), absl::StrCat(address, " is not a loopback address")});
    }
  }
  if (!open.empty() && !settings.Bool("allow_insecure_bind")) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = status::Reason::kInvalidSetting,
                          .message = "Without tokens only loopback addresses are served. Set "
                                     "auth_mode=token, or allow_insecure_bind=true if the network "
                                     "is closed.",
                          .fields = std::move(open)});
  }
  return AccessPolicy::Open();
}

EdgeLimits EdgeLimitsFrom(const config::Settings& settings) {
  EdgeLimits limits;
  limits.pool.running_max = static_cast<size_t>(settings.Int("rpcs_running_max"));
  limits.pool.queued_max = static_cast<size_t>(settings.Int("rpcs_queued_max"));
  limits.streams_max = static_cast<size_t>(settings.Int("streams_max"));
  limits.deadline_cap = settings.Duration("deadline_max");
  return limits;
}

}  // namespace storefront::grpcserver
