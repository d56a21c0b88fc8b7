// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/sql_tokens.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace storefront::migrator {
namespace {

bool IsNameStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) {
  return IsNameStart(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '$';
}

// Where a string that was closed before `at` opens again; npos when it does not.
size_t ContinuedAt(absl::string_view text, size_t at, char quote) {
  bool line_end = false;
  for (; at < text.size() && absl::ascii_isspace(static_cast<unsigned char>(text[at])); ++at) {
    line_end = line_end || text[at] == '\n' || text[at] == '\r';
  }
  return line_end && at < text.size() && text[at] == quote ? at : absl::string_view::npos;
}

}  // namespace

void SqlTokens::SkipQuoted(char quote, bool backslashes) {
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (backslashes && c == '\\') {
      ++at_;
    } else if (c == quote) {
      if (at_ < text_.size() && text_[at_] == quote) {
        ++at_;  // doubled
        continue;
      }
      // Only for this kind it matters that a string goes on after a line end: what follows would be
      // read without its backslashes.
      const size_t next = backslashes ? ContinuedAt(text_, at_, quote) : absl::string_view::npos;
      if (next == absl::string_view::npos) break;
      at_ = next + 1;
    }
  }
  at_ = std::min(at_, text_.size());
}

void SqlTokens::SkipBlockComment() {
  int depth = 0;
  do {
    const absl::string_view pair = text_.substr(at_, 2);
    if (pair == "/*") ++depth;
    if (pair == "*/") --depth;
    at_ += pair == "/*" || pair == "*/" ? 2 : 1;
  } while (depth > 0 && at_ < text_.size());
  at_ = std::min(at_, text_.size());
}

bool SqlTokens::SkipDollarQuote() {
  size_t end = at_ + 1;
  if (end < text_.size() && IsNameStart(text_[end])) {
    while (end < text_.size() && IsNamePart(text_[end]) && text_[end] != '$') ++end;
  }
  if (end >= text_.size() || text_[end] != '$') return false;
  const absl::string_view tag = text_.substr(at_, end + 1 - at_);
  const size_t close = text_.find(tag, end + 1);
  at_ = close == absl::string_view::npos ? text_.size() : close + tag.size();
  return true;
}

bool SqlTokens::Next(SqlToken& token) {
  using Kind = SqlToken::Kind;
  while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  if (at_ >= text_.size()) return false;
  const char c = text_[at_];
  const absl::string_view pair = text_.substr(at_, 2);
  token = {.kind = Kind::kSymbol, .offset = at_};
  if (pair == "--") {
    token.kind = Kind::kComment;
    at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
  } else if (pair == "/*") {
    token.kind = Kind::kComment;
    SkipBlockComment();
  } else if (c == '\'') {
    token.kind = Kind::kString;
    SkipQuoted(c, /*backslashes=*/false);
  } else if (pair == "e'" || pair == "E'") {
    token.kind = Kind::kString;
    ++at_;
    SkipQuoted('\'', /*backslashes=*/true);
  } else if (c == '"') {
    token.kind = Kind::kQuotedName;
    SkipQuoted(c, /*backslashes=*/false);
  } else if (IsNameStart(c)) {
    token.kind = Kind::kWord;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
  } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
    token.kind = Kind::kNumber;
    while (at_ < text_.size() && (IsNamePart(text_[at_]) || text_[at_] == '.')) ++at_;
  } else if (c == '$' && SkipDollarQuote()) {
    token.kind = Kind::kString;
  } else {
    ++at_;
  }
  token.length = at_ - token.offset;
  return true;
}

std::vector<SqlToken> TokensOf(absl::string_view text) {
  std::vector<SqlToken> tokens;
  SqlTokens source(text);
  for (SqlToken token; source.Next(token);) {
    if (token.kind != SqlToken::Kind::kComment) tokens.push_back(token);
  }
  return tokens;
}

bool IsWord(absl::string_view text, const SqlToken& token, absl::string_view word) {
  return token.kind == SqlToken::Kind::kWord &&
         absl::EqualsIgnoreCase(text.substr(token.offset, token.length), word);
}

std::string NameOf(absl::string_view text, const SqlToken& token) {
  absl::string_view written = text.substr(token.offset, token.length);
  if (token.kind != SqlToken::Kind::kQuotedName) return absl::AsciiStrToLower(written);
  written.remove_prefix(1);
  if (absl::EndsWith(written, "\"")) written.remove_suffix(1);
  return absl::StrReplaceAll(written, {{"\"\"", "\""}});
}

}  // namespace storefront::migrator
