// What protobuf's JSON reader lets pass and a policy file must not have.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "services/topic-admin/policy.h"

namespace storefront::topics {

inline constexpr int kMaxJsonDepth = 32;

// Duplicate members, nulls, a byte order mark, nesting deeper than 32, and everything outside
// RFC 8259 (protobuf 3.21 takes duplicate members, trailing commas, single quotes, bare words and
// null elements). The path of a problem is "line:column". Empty: the text is strict JSON.
std::vector<PolicyProblem> CheckStrictJson(absl::string_view text);

}  // namespace storefront::topics
