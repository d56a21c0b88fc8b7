// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/replaced_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

void AppendVarint(size_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>((value & 0x7F) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

size_t ReadVarint(const std::string& in, size_t& at) {
  size_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(in[at++]);
    value |= static_cast<size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

// Walks over [begin, end) and tells where each line in it ends: the offset after its terminator.
template <typename Visit>
void ForEachLineEnd(absl::string_view text, size_t begin, size_t end, const Visit& visit) {
  for (size_t at = begin; at < end; ++at) {
    const char c = text[at];
    if (c == '\n' || (c == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n'))) visit(at + 1);
  }
}

TextPosition PositionAfter(absl::string_view text, int line, size_t line_start, size_t offset) {
  TextPosition position{.line = line};
  if (offset > line_start) {
    position.column =
        1 + static_cast<int>(CountCharacters(text.substr(line_start, offset - line_start)));
  }
  return position;
}

size_t SkipMark(absl::string_view text) { return absl::StartsWith(text, "\xEF\xBB\xBF") ? 3 : 0; }

}  // namespace

void TextEdits::Add(size_t original, size_t original_length, size_t length) {
  if (count_++ % kEditsPerPoint == 0) points_.push_back(last_);
  const size_t gap = original - last_.original_end;
  AppendVarint(gap, encoded_);
  AppendVarint(original_length, encoded_);
  AppendVarint(length, encoded_);
  last_ = {.encoded = encoded_.size(),
           .end = last_.end + gap + length,
           .original_end = original + original_length};
}

size_t TextEdits::OriginalOffset(size_t offset) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), offset,
                       [](size_t value, const Point& point) { return value < point.end; });
  // Nothing was replaced, or it is before the first edit.
  Point point = after == points_.begin() ? Point{} : *std::prev(after);
  while (point.encoded < encoded_.size()) {
    size_t next = point.encoded;
    const size_t gap = ReadVarint(encoded_, next);
    const size_t original_length = ReadVarint(encoded_, next);
    const size_t length = ReadVarint(encoded_, next);
    if (offset < point.end + gap) break;
    if (offset < point.end + gap + length) return point.original_end + gap;
    point = {.encoded = next,
             .end = point.end + gap + length,
             .original_end = point.original_end + gap + original_length};
  }
  return point.original_end + (offset - point.end);
}

TextPosition PositionOf(absl::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  size_t line_start = SkipMark(text);
  int line = 1;
  ForEachLineEnd(text, line_start, offset, [&](size_t end) {
    ++line;
    line_start = end;
  });
  return PositionAfter(text, line, line_start, offset);
}

TextPosition PositionOf(const ScriptText& text, size_t offset) {
  const absl::string_view view = text.view();
  offset = std::min(offset, view.size());
  size_t line_start = SkipMark(view);
  int line = 1;
  size_t at = line_start;
  text.Walk(line_start, offset, [&](absl::string_view piece) {
    ForEachLineEnd(view, at, at + piece.size(), [&](size_t end) {
      ++line;
      line_start = end;
    });
    at += piece.size();
    return true;
  });
  return PositionAfter(view, line, line_start, offset);
}

int CountLineEnds(const ScriptText& text, size_t begin, size_t end) {
  int count = 0;
  size_t at = begin;
  text.Walk(begin, end, [&](absl::string_view piece) {
    ForEachLineEnd(text.view(), at, at + piece.size(), [&](size_t) { ++count; });
    at += piece.size();
    return true;
  });
  return count;
}

}  // namespace storefront::migrator
