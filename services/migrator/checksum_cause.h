// Why a script's checksum may differ from the one that was recorded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// The usual change that turns a text with the checksum `recorded` into this one, as a clause
// ("lines were added after line 12"); empty when none of them explains it. `replaced` is the text
// with its placeholders replaced. A CRC can agree by chance, so this is a guess. Pure.
std::string LikelyChecksumCause(absl::string_view text, absl::string_view replaced,
                                int32_t recorded);

}  // namespace storefront::migrator
