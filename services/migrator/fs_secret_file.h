// The value of a secret placeholder, from its file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::migrator {

inline constexpr size_t kPlaceholderBytesMax = 8 * 1024;

// The file's text without line ends at its end. INVALID_ARGUMENT INVALID_SETTING when it cannot be
// read or has over 8 KiB.
absl::StatusOr<std::string> ReadSecretFile(absl::string_view name, const std::string& path);

}  // namespace storefront::migrator
