// Flyway's checksum of a script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// CRC-32 over each line without its terminator, as a signed number. `\n`, `\r\n` and a lone `\r`
// end a line, nothing else does; one byte order mark at the start does not count. So neither the
// kind of line ends nor a final newline changes it. `text` must be valid UTF-8.
//
// Versioned and baseline scripts are taken as they are in the file, repeatable ones after their
// placeholders are replaced. Source: seen on Flyway 13.7.
int32_t ScriptChecksum(absl::string_view text);

}  // namespace storefront::migrator
