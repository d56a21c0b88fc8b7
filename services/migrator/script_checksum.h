// Flyway's checksum of a script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

// CRC-32 over each line without its terminator, as a signed number. `\n`, `\r\n` and a lone `\r`
// end a line, nothing else does; one byte order mark at the start does not count. So neither the
// kind of line ends nor a final newline changes it. `text` must be valid UTF-8.
//
// Versioned and baseline scripts are taken as they are in the file, repeatable ones after their
// placeholders are replaced. Source: seen on Flyway 13.7.
int32_t ScriptChecksum(absl::string_view text);
int32_t ScriptChecksum(const ScriptText& text);

// The same for a text that comes in pieces, cut anywhere.
class ScriptChecksummer {
 public:
  void Add(absl::string_view piece);
  int32_t Finish();

 private:
  void AddLines(absl::string_view piece);

  std::string head_;  // the first bytes, until it is known whether they are a byte order mark
  bool has_head_ = false;
  uint32_t crc_ = 0;
};

}  // namespace storefront::migrator
