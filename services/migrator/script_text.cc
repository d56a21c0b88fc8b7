// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

class StringText final : public ScriptText {
 public:
  explicit StringText(std::string text) : text_(std::move(text)) {}
  absl::string_view view() const override { return text_; }
  void Release(size_t, size_t) const override {}
  std::unique_ptr<ScriptTextWriter> NewWriter() const override;

 private:
  const std::string text_;
};

class StringWriter final : public ScriptTextWriter {
 public:
  absl::Status Append(absl::string_view piece) override {
    absl::StrAppend(&text_, piece);
    return absl::OkStatus();
  }
  absl::StatusOr<std::shared_ptr<const ScriptText>> Finish() override {
    return TextInMemory(std::move(text_));
  }

 private:
  std::string text_;
};

std::unique_ptr<ScriptTextWriter> StringText::NewWriter() const {
  return std::make_unique<StringWriter>();
}

}  // namespace

std::shared_ptr<const ScriptText> TextInMemory(std::string text) {
  return std::make_shared<const StringText>(std::move(text));
}

void ScriptText::Walk(size_t begin, size_t end,
                      const std::function<bool(absl::string_view)>& visit) const {
  const absl::string_view text = view();
  end = std::min(end, text.size());
  while (begin < end) {
    // Pieces end at multiples of their size, so that each releases whole pages.
    const size_t next = std::min((begin / kPieceBytes + 1) * kPieceBytes, end);
    const bool go_on = visit(text.substr(begin, next - begin));
    if (next % kPieceBytes == 0) Release(next - kPieceBytes, next);
    if (!go_on) return;
    begin = next;
  }
}

size_t ScriptText::Find(absl::string_view wanted, size_t from) const {
  const absl::string_view text = view();
  while (from < text.size()) {
    const size_t next = std::min((from / kPieceBytes + 1) * kPieceBytes, text.size());
    // A match may reach into the next piece.
    const size_t reach = std::min(next + wanted.size() - 1, text.size());
    const size_t found = text.substr(from, reach - from).find(wanted);
    if (found != absl::string_view::npos) return from + found;
    if (next % kPieceBytes == 0) Release(next - kPieceBytes, next);
    from = next;
  }
  return absl::string_view::npos;
}

}  // namespace storefront::migrator
