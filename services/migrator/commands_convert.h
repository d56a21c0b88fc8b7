// Between protobuf and the history commands.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "services/migrator/history_commands.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {

BaselineChoice FromProto(const v1::BaselineRequest& request);
RepairChoice FromProto(const v1::RepairRequest& request);
UndoChoice FromProto(const v1::UndoRequest& request);
CleanChoice FromProto(const v1::CleanRequest& request);
// INVALID_ARGUMENT INVALID_FIELD for a time that is none.
absl::StatusOr<ForceUnlockChoice> FromProto(const v1::ForceUnlockRequest& request);

}  // namespace storefront::migrator
