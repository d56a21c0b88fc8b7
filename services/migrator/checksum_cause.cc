// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/checksum_cause.h"

#include <zlib.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

// Lines without their ends, as the checksum sees them.
std::vector<absl::string_view> LinesOf(absl::string_view text) {
  std::vector<absl::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find_first_of("\r\n");
    lines.push_back(text.substr(0, end));
    if (end == absl::string_view::npos) break;
    const bool is_pair = text.substr(end, 2) == "\r\n";
    text.remove_prefix(end + (is_pair ? 2 : 1));
  }
  return lines;
}

std::string WithoutTrailingBlanks(const std::vector<absl::string_view>& lines) {
  std::string text;
  for (absl::string_view line : lines) {
    const size_t last = line.find_last_not_of(" \t");
    absl::StrAppend(&text, line.substr(0, last == absl::string_view::npos ? 0 : last + 1), "\n");
  }
  return text;
}

// Each byte as the character with its number, written as UTF-8: what a reader that took the file
// for Latin-1 saw.
std::string ReadAsLatin1(absl::string_view text) {
  std::string read;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      read += c;
    } else {
      read += static_cast<char>(0xC0 | (byte >> 6));
      read += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return read;
}

// The checksum of the first lines is the recorded one: the number of those lines, else 0.
size_t LinesThatMatch(const std::vector<absl::string_view>& lines, int32_t recorded) {
  uLong crc = crc32(0, nullptr, 0);
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(lines[i].data()), lines[i].size());
    if (!lines[i].empty() && static_cast<int32_t>(static_cast<uint32_t>(crc)) == recorded) {
      return i + 1;
    }
  }
  return 0;
}

constexpr size_t kBytesCompared = 64 * 1024;

}  // namespace

std::string LikelyChecksumCause(absl::string_view text, absl::string_view replaced,
                                int32_t recorded) {
  if (recorded == 0) return "the file was empty";
  if (ScriptChecksum(replaced) == recorded) {
    return "the recorded one is that of the text with its placeholders replaced";
  }
  if (text.size() > kBytesCompared) return "";
  const std::vector<absl::string_view> lines = LinesOf(text);
  if (ScriptChecksum(WithoutTrailingBlanks(lines)) == recorded) {
    return "blanks were added at the ends of lines";
  }
  for (const int width : {2, 4, 8}) {
    const std::string blanks(static_cast<size_t>(width), ' ');
    if (ScriptChecksum(absl::StrReplaceAll(text, {{"\t", blanks}})) == recorded) {
      return "blanks became tabs";
    }
    if (ScriptChecksum(absl::StrReplaceAll(text, {{blanks, "\t"}})) == recorded) {
      return "tabs became blanks";
    }
  }
  if (ScriptChecksum(ReadAsLatin1(text)) == recorded) {
    return "it was applied by a reader that took the file for Latin-1";
  }
  if (const size_t count = LinesThatMatch(lines, recorded); count > 0) {
    return absl::StrCat("lines were added after line ", count);
  }
  return "";
}

}  // namespace storefront::migrator
