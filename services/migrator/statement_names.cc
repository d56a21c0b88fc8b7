// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/statement_names.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace storefront::migrator {
namespace {

bool BeginsName(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalpha(byte) || c == '_' || byte >= 0x80;
}
bool ContinuesName(char c) {
  return BeginsName(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '$';
}

class NameReader {
 public:
  explicit NameReader(absl::string_view text) : text_(text) {}

  std::set<std::string> Read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\'') {
        SkipPast("'", 1);
      } else if (c == '"') {
        ReadQuoted();
      } else if (text_.substr(at_, 2) == "--") {
        SkipPast("\n", 2);
      } else if (text_.substr(at_, 2) == "/*") {
        SkipPast("*/", 2);
      } else if (c == '$') {
        SkipDollarQuote();
      } else if (BeginsName(c)) {
        ReadWord();
      } else {
        ++at_;
      }
    }
    return std::move(names_);
  }

 private:
  void SkipPast(absl::string_view end, size_t begin) {
    const size_t found = text_.find(end, at_ + begin);
    at_ = found == absl::string_view::npos ? text_.size() : found + end.size();
  }

  void SkipDollarQuote() {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '$' && ContinuesName(text_[end])) ++end;
    if (end >= text_.size() || text_[end] != '$') {
      ++at_;  // a parameter
      return;
    }
    const absl::string_view tag = text_.substr(at_, end + 1 - at_);
    SkipPast(tag, tag.size());
  }

  void ReadQuoted() {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (text_.substr(at_, 2) != "\"\"") break;
        ++at_;
      }
      name.push_back(text_[at_]);
    }
    ++at_;
    names_.insert(std::move(name));
  }

  void ReadWord() {
    const size_t begin = at_;
    while (at_ < text_.size() && ContinuesName(text_[at_])) ++at_;
    names_.insert(absl::AsciiStrToLower(text_.substr(begin, at_ - begin)));
  }

  absl::string_view text_;
  size_t at_ = 0;
  std::set<std::string> names_;
};

}  // namespace

std::set<std::string> NamesIn(absl::string_view statement) { return NameReader(statement).Read(); }

}  // namespace storefront::migrator
