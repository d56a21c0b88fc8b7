// Digests of configs and plans.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

// SHA-256, as 64 hex digits.
std::string Sha256Hex(absl::string_view bytes);

// HMAC-SHA-256 under `key`, as 64 hex digits: does not tell the value, tells when it changes.
std::string KeyedDigest(absl::string_view key, absl::string_view value);

// Of all keys and values; lengths are part of it, so that no two maps run together.
std::string DigestOf(const ConnectorConfig& config);

// The bytes that DigestOf digests, for use in a larger digest.
void AppendForDigest(absl::string_view part, std::string& bytes);

}  // namespace storefront::connectors
