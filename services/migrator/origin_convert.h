// What makes a repeated call the same call, also for the next process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

// Empty without a request_id.
RunOrigin OriginOf(absl::string_view method, absl::string_view principal,
                   absl::string_view request_id, const google::protobuf::Message& request);

}  // namespace storefront::migrator
