// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/commands_convert.h"

#include "libs/status/error.h"

namespace storefront::migrator {

BaselineChoice FromProto(const v1::BaselineRequest& request) {
  return {.version = request.version(),
          .description = request.description(),
          .validate_only = request.validate_only()};
}

RepairChoice FromProto(const v1::RepairRequest& request) {
  return {.drop_invalid_indexes = request.drop_invalid_indexes(),
          .validate_only = request.validate_only()};
}

UndoChoice FromProto(const v1::UndoRequest& request) {
  return {.target = request.target(),
          .confirmation = request.confirmation(),
          .validate_only = request.validate_only()};
}

CleanChoice FromProto(const v1::CleanRequest& request) {
  return {.confirmation = request.confirmation(), .validate_only = request.validate_only()};
}

absl::StatusOr<ForceUnlockChoice> FromProto(const v1::ForceUnlockRequest& request) {
  const auto& begin = request.backend_start_time();
  if (begin.nanos() < 0 || begin.nanos() > 999'999'999) {
    return status::InvalidField("backend_start_time", "nanos must be between 0 and 999999999");
  }
  return ForceUnlockChoice{
      .pid = request.pid(),
      .backend_start = absl::FromUnixSeconds(begin.seconds()) + absl::Nanoseconds(begin.nanos()),
      .confirmation = request.confirmation()};
}

}  // namespace storefront::migrator
