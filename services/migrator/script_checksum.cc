// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_checksum.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace storefront::migrator {

int32_t ScriptChecksum(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  uLong crc = crc32(0, nullptr, 0);
  while (!text.empty()) {
    const size_t line = std::min(text.find_first_of("\r\n"), text.size());
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(text.data()), line);
    text.remove_prefix(line);
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  }
  return static_cast<int32_t>(static_cast<uint32_t>(crc));
}

}  // namespace storefront::migrator
