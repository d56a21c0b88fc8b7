// Bounds of request fields, enforced from the options in the protos.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace storefront::grpcserver {

// Checks (storefront.options.v1.rule) and REQUIRED of (google.api.field_behavior) in `message` and
// the messages in it. OK, or one INVALID_ARGUMENT INVALID_FIELD with every path, written as in the
// proto: `load.rows["orders"]`, `tables[2].name`.
absl::Status CheckRules(const google::protobuf::Message& message);

}  // namespace storefront::grpcserver
