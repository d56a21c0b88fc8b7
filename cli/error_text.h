// Errors for people and for scripts. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cli/view.h"

namespace storefront::cli {

// Lines for stderr:
//   error: <message>
//   reason: RUN_ACTIVE (backend=postgres)
//     load.rows: must be at most 10       one per field or precondition
//   hint: <what a person does next>
//   retry after: 2s
//   request id: 6f0c…
std::string ErrorText(const absl::Status& status, absl::string_view request_id, bool color);

// What -o json prints on stdout: google.rpc.Status as REST gives it.
Document ErrorDocument(const absl::Status& status);

}  // namespace storefront::cli
