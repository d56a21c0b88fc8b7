// Cuts a script into statements, as psql would.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

// A part of the script, by offsets into its text.
struct SplitStatement {
  size_t offset = 0;  // of its first character that is neither blank nor comment
  size_t length = 0;  // without the semicolon
  bool copies_data = false;
  size_t data_offset = 0;  // of the lines after COPY … FROM STDIN, without the closing `\.`
  size_t data_length = 0;
};

// Why a script cannot be split.
struct SplitProblem {
  size_t offset = 0;  // where it is; for what was never closed, where it opened
  std::string message;
};

// Statements end at `;` outside of strings, quoted names, dollar quotes, comments, parentheses and
// BEGIN ATOMIC bodies; the last one needs none. Comments and blanks alone are no statement. Lines
// \restrict and \unrestrict of pg_dump are skipped. Pure; `text` is valid UTF-8 and outlives the
// splitter.
class ScriptSplitter {
 public:
  explicit ScriptSplitter(absl::string_view text);
  // Releases what it has passed.
  explicit ScriptSplitter(const ScriptText& text);

  // False at the end, or when there is a problem().
  bool Next(SplitStatement& statement);

  // Empty message = none.
  const SplitProblem& problem() const { return problem_; }

 private:
  bool Fail(size_t offset, absl::string_view message);
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool SkipLineComment();
  bool SkipBlockComment();
  bool SkipQuoted(char quote, bool backslashes);
  bool HasNoNul(size_t begin);
  bool SkipDollarQuote();
  bool SkipBackslashLine();
  void ReadWord();
  void NoteWord(absl::string_view word);
  bool TakeCopyData(SplitStatement& statement);
  bool Finish(SplitStatement& statement, size_t begin, size_t end);
  void ReleasePassed();

  absl::string_view text_;
  const ScriptText* kept_ = nullptr;
  size_t released_ = 0;
  size_t at_ = 0;
  SplitProblem problem_;

  // Of the statement under way:
  bool is_open_ = false;
  size_t begin_ = 0;
  std::vector<std::string> words_;  // its first words, in capitals
  std::string last_word_;
  std::vector<size_t> parentheses_;  // where each opened
  std::vector<size_t> bodies_;       // BEGIN ATOMIC and each CASE in it
  bool from_stdin_ = false;
};

// All statements. INVALID_ARGUMENT INVALID_SCRIPT with metadata `offset`; RESOURCE_EXHAUSTED
// LIMIT_EXCEEDED when there are more than `max_statements`.
absl::StatusOr<std::vector<SplitStatement>> SplitScript(absl::string_view text,
                                                        size_t max_statements);
absl::StatusOr<std::vector<SplitStatement>> SplitScript(const ScriptText& text,
                                                        size_t max_statements);

}  // namespace storefront::migrator
