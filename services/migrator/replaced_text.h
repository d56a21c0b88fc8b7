// A text with its placeholders replaced, that still knows where each byte stood in the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

// Where values took the place of placeholders. A few bytes each: a script of COPY data can have
// millions.
class TextEdits {
 public:
  // Edits come in order. A placeholder of `original_length` bytes at `original` in the file became
  // `length` bytes.
  void Add(size_t original, size_t original_length, size_t length);

  // The offset in the file of the byte at `offset` in the new text; inside a value, that of its
  // placeholder.
  size_t OriginalOffset(size_t offset) const;

 private:
  struct Point {
    size_t encoded = 0;       // where the next edit begins in encoded_
    size_t end = 0;           // of the edit before, in the new text
    size_t original_end = 0;  // and in the file
  };
  static constexpr size_t kEditsPerPoint = 256;

  size_t count_ = 0;
  Point last_;
  std::vector<Point> points_;  // before each kEditsPerPoint-th edit
  std::string encoded_;        // gap, original length, length of each, as varints
};

class ReplacedText {
 public:
  ReplacedText() : text_(TextInMemory("")) {}
  ReplacedText(std::shared_ptr<const ScriptText> text, TextEdits edits)
      : text_(std::move(text)), edits_(std::move(edits)) {}

  absl::string_view text() const { return text_->view(); }
  const ScriptText& script_text() const { return *text_; }
  // The offset in the file of this byte; inside a value, that of its placeholder.
  size_t OriginalOffset(size_t offset) const { return edits_.OriginalOffset(offset); }

 private:
  std::shared_ptr<const ScriptText> text_;
  TextEdits edits_;
};

// Lines and characters from 1, as editors count: `\n`, `\r\n` and a lone `\r` end a line.
struct TextPosition {
  int line = 1;
  int column = 1;
};
TextPosition PositionOf(const ScriptText& text, size_t offset);
TextPosition PositionOf(absl::string_view text, size_t offset);

// Line ends in [begin, end) of the text.
int CountLineEnds(const ScriptText& text, size_t begin, size_t end);

}  // namespace storefront::migrator
