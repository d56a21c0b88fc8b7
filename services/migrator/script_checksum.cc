// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_checksum.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

void ScriptChecksummer::AddLines(absl::string_view piece) {
  uLong crc = crc_;
  while (!piece.empty()) {
    const size_t line = std::min(piece.find_first_of("\r\n"), piece.size());
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), line);
    piece.remove_prefix(line);
    piece.remove_prefix(std::min(piece.find_first_not_of("\r\n"), piece.size()));
  }
  crc_ = static_cast<uint32_t>(crc);
}

void ScriptChecksummer::Add(absl::string_view piece) {
  if (!has_head_) {
    const size_t wanted = std::min(kByteOrderMark.size() - head_.size(), piece.size());
    absl::StrAppend(&head_, piece.substr(0, wanted));
    piece.remove_prefix(wanted);
    if (head_.size() < kByteOrderMark.size()) return;
    has_head_ = true;
    if (head_ != kByteOrderMark) AddLines(head_);
  }
  AddLines(piece);
}

int32_t ScriptChecksummer::Finish() {
  if (!has_head_) AddLines(head_);
  has_head_ = true;
  return static_cast<int32_t>(crc_);
}

int32_t ScriptChecksum(absl::string_view text) {
  ScriptChecksummer checksummer;
  checksummer.Add(text);
  return checksummer.Finish();
}

int32_t ScriptChecksum(const ScriptText& text) {
  ScriptChecksummer checksummer;
  text.Walk(0, text.view().size(), [&](absl::string_view piece) {
    checksummer.Add(piece);
    return true;
  });
  return checksummer.Finish();
}

}  // namespace storefront::migrator
