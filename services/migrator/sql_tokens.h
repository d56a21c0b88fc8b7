// The words, names, strings, symbols and comments of SQL text, one after the other.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

struct SqlToken {
  enum class Kind {
    kWord,        // unquoted: a keyword or a name
    kQuotedName,  // "…", with its quotes
    kString,      // '…', E'…', $tag$…$tag$ and their kin
    kNumber,
    kSymbol,   // one character
    kComment,  // `-- …` without its line end, or `/* … */`
  };
  Kind kind = Kind::kSymbol;
  size_t offset = 0;
  size_t length = 0;
};

// Never fails: what is not closed ends with the text. For judging texts, not for cutting scripts
// into statements. Pure; `text` outlives it.
class SqlTokens {
 public:
  explicit SqlTokens(absl::string_view text) : text_(text) {}

  // False at the end.
  bool Next(SqlToken& token);

  absl::string_view Text(const SqlToken& token) const {
    return text_.substr(token.offset, token.length);
  }
  // The next is read from this offset.
  void SeekTo(size_t offset) { at_ = offset; }

 private:
  void SkipQuoted(char quote, bool backslashes);
  void SkipBlockComment();
  bool SkipDollarQuote();

  absl::string_view text_;
  size_t at_ = 0;
};

// All but the comments.
std::vector<SqlToken> TokensOf(absl::string_view text);

// True for a word, not quoted, of these letters in any case.
bool IsWord(absl::string_view text, const SqlToken& token, absl::string_view word);

// The name as Postgres reads it, before it cuts it: quoted names without quotes, others in lower
// case.
std::string NameOf(absl::string_view text, const SqlToken& token);

}  // namespace storefront::migrator
