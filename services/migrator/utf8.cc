// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/utf8.h"

#include <algorithm>
#include <cstring>

namespace storefront::migrator {
namespace {

uint8_t Byte(absl::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

// Length of the valid sequence at `at`; 0 when it is none.
size_t SequenceLength(absl::string_view text, size_t at) {
  const uint8_t first = Byte(text, at);
  if (first < 0x80) return 1;
  size_t length = 0;
  uint8_t low = 0x80, high = 0xBF;  // bounds of the second byte
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (at + length > text.size()) return 0;
  if (Byte(text, at + 1) < low || Byte(text, at + 1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((Byte(text, at + i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

}  // namespace

std::optional<size_t> FindInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    // Eight ASCII bytes at a time: scripts are mostly that.
    uint64_t word = 0;
    while (at + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & 0x8080808080808080U) != 0) break;
      at += sizeof(word);
    }
    if (at >= text.size()) break;
    const size_t length = SequenceLength(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::u16string ToUtf16(absl::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = std::max<size_t>(SequenceLength(text, at), 1);
    uint32_t point = Byte(text, at);
    if (length > 1) point &= 0xFFU >> (length + 1);
    for (size_t i = 1; i < length; ++i) point = (point << 6) | (Byte(text, at + i) & 0x3FU);
    if (point < 0x10000) {
      units.push_back(static_cast<char16_t>(point));
    } else {
      units.push_back(static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
    }
    at += length;
  }
  return units;
}

std::string FromUtf16(const std::u16string& units) {
  std::string text;
  text.reserve(units.size());
  const auto put = [&text](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  for (size_t i = 0; i < units.size(); ++i) {
    uint32_t point = units[i];
    if (point >= 0xD800 && point < 0xE000) {
      const bool pair =
          point < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000;
      if (pair) {
        point = 0x10000 + ((point - 0xD800) << 10) + (units[i + 1] - 0xDC00U);
        ++i;
      } else {
        point = '?';  // half a pair: what Java writes for it
      }
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | (point >> 6));
      put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      put(0xE0 | (point >> 12));
      put(0x80 | ((point >> 6) & 0x3F));
      put(0x80 | (point & 0x3F));
    } else {
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3F));
      put(0x80 | ((point >> 6) & 0x3F));
      put(0x80 | (point & 0x3F));
    }
  }
  return text;
}

size_t CountCharacters(absl::string_view text) {
  return text.size() - static_cast<size_t>(std::count_if(text.begin(), text.end(), IsContinuation));
}

size_t OffsetOfCharacter(absl::string_view text, size_t index) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if (IsContinuation(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return at;
}

std::string Shortened(std::string text, size_t characters_max) {
  if (text.size() <= characters_max) return text;  // a character has a byte at least
  if (OffsetOfCharacter(text, characters_max) == text.size()) return text;
  text.resize(OffsetOfCharacter(text, characters_max - 1));
  return text + "…";
}

}  // namespace storefront::migrator
