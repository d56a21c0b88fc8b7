// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_splitter.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

bool IsWordStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) {
  return IsWordStart(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '$';
}
bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

constexpr size_t kWordsKept = 4;

}  // namespace

ScriptSplitter::ScriptSplitter(absl::string_view text) : text_(text) {
  if (absl::StartsWith(text_, "\xEF\xBB\xBF")) at_ = 3;
}

ScriptSplitter::ScriptSplitter(const ScriptText& text) : ScriptSplitter(text.view()) {
  kept_ = &text;
}

void ScriptSplitter::ReleasePassed() {
  if (kept_ == nullptr || at_ - released_ < ScriptText::kPieceBytes) return;
  kept_->Release(released_, at_);
  released_ = at_;
}

bool ScriptSplitter::Fail(size_t offset, absl::string_view message) {
  problem_ = {.offset = offset, .message = std::string(message)};
  return false;
}

bool ScriptSplitter::SkipLineComment() {
  at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
  return true;
}

bool ScriptSplitter::SkipBlockComment() {
  const size_t opened = at_;
  int depth = 0;
  do {
    if (at_ >= text_.size()) return Fail(opened, "this comment is never closed");
    if (Peek() == '/' && Peek(1) == '*') {
      ++depth;
      at_ += 2;
    } else if (Peek() == '*' && Peek(1) == '/') {
      --depth;
      at_ += 2;
    } else {
      ++at_;
    }
  } while (depth > 0);
  return true;
}

bool ScriptSplitter::SkipQuoted(char quote, bool backslashes) {
  const size_t opened = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (backslashes && c == '\\') {
      ++at_;
      continue;
    }
    if (c != quote) continue;
    if (Peek() == quote) {  // doubled
      ++at_;
      continue;
    }
    if (!backslashes) return true;
    // SQL continues a string after blanks with a line end, and its kind goes on with it.
    size_t next = at_;
    bool line_end = false;
    while (next < text_.size()) {
      if (IsSpace(text_[next])) {
        line_end = line_end || text_[next] == '\n' || text_[next] == '\r';
        ++next;
      } else if (line_end && text_.substr(next, 2) == "--") {
        next = std::min(text_.find_first_of("\r\n", next), text_.size());
      } else {
        break;
      }
    }
    if (!line_end || next >= text_.size() || text_[next] != quote) return true;
    at_ = next + 1;
  }
  return Fail(opened,
              quote == '"' ? "this quoted name is never closed" : "this string is never closed");
}

bool ScriptSplitter::SkipDollarQuote() {
  const size_t opened = at_;
  size_t end = at_ + 1;
  if (end < text_.size() && IsWordStart(text_[end])) {
    while (end < text_.size() && IsWordPart(text_[end]) && text_[end] != '$') ++end;
  }
  if (end >= text_.size() || text_[end] != '$') {  // a parameter ($1) or a stray dollar
    ++at_;
    while (IsDigit(Peek())) ++at_;
    return true;
  }
  const absl::string_view tag = text_.substr(opened, end + 1 - opened);
  const size_t close = text_.find(tag, end + 1);
  if (close == absl::string_view::npos) {
    return Fail(opened, absl::StrCat("this ", tag, " quote is never closed"));
  }
  at_ = close + tag.size();
  return true;
}

bool ScriptSplitter::SkipBackslashLine() {
  const size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
  const absl::string_view line = text_.substr(at_, end - at_);
  const absl::string_view command = line.substr(0, line.find_first_of(" \t"));
  if (is_open_ || (command != "\\restrict" && command != "\\unrestrict")) {
    return Fail(at_, absl::StrCat("psql command ", command,
                                  " cannot run here; only SQL, \\restrict and \\unrestrict can"));
  }
  at_ = end;
  return true;
}

void ScriptSplitter::NoteWord(absl::string_view raw) {
  const std::string word = absl::AsciiStrToUpper(raw);
  if (words_.size() < kWordsKept) words_.push_back(word);
  const auto first = [this](size_t i) -> absl::string_view {
    return i < words_.size() ? absl::string_view(words_[i]) : absl::string_view();
  };
  if (parentheses_.empty()) {
    if (first(0) == "COPY" && word == "STDIN" && last_word_ == "FROM") from_stdin_ = true;
    const size_t object = first(1) == "OR" ? 3 : 1;
    const bool makes_routine =
        first(0) == "CREATE" && (first(object) == "FUNCTION" || first(object) == "PROCEDURE");
    if (makes_routine && bodies_.empty() && word == "ATOMIC" && last_word_ == "BEGIN") {
      bodies_.push_back(at_ - raw.size());
    }
  }
  if (!bodies_.empty()) {
    if (word == "CASE") bodies_.push_back(at_ - raw.size());
    if (word == "END") bodies_.pop_back();
  }
  last_word_ = word;
}

void ScriptSplitter::ReadWord() {
  const size_t begin = at_;
  while (at_ < text_.size() && IsWordPart(text_[at_])) ++at_;
  NoteWord(text_.substr(begin, at_ - begin));
}

bool ScriptSplitter::TakeCopyData(SplitStatement& statement) {
  // Only a comment may stand between the semicolon and the line end.
  const size_t semicolon = at_ - 1;
  while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') {
    if (IsSpace(text_[at_])) {
      ++at_;
    } else if (Peek() == '-' && Peek(1) == '-') {
      SkipLineComment();
    } else {
      return Fail(at_, "only a comment may follow COPY … FROM STDIN; on its line");
    }
  }
  if (Peek() == '\r') ++at_;
  if (Peek() == '\n') ++at_;
  statement.copies_data = true;
  statement.data_offset = at_;
  while (at_ < text_.size()) {
    const size_t line_end = std::min(text_.find('\n', at_), text_.size());
    const absl::string_view line = text_.substr(at_, line_end - at_);
    if (absl::StripAsciiWhitespace(line) == "\\.") {
      statement.data_length = at_ - statement.data_offset;
      at_ = std::min(line_end + 1, text_.size());
      return true;
    }
    at_ = std::min(line_end + 1, text_.size());
    ReleasePassed();
  }
  return Fail(semicolon, "the data after COPY … FROM STDIN has no closing line \\.");
}

bool ScriptSplitter::Finish(SplitStatement& statement, size_t begin, size_t end) {
  statement = {.offset = begin, .length = end - begin};
  const bool takes_data = from_stdin_;
  is_open_ = false;
  words_.clear();
  last_word_.clear();
  from_stdin_ = false;
  ReleasePassed();
  return !takes_data || TakeCopyData(statement);
}

// Inside quotes and comments too: libpq would send the statement up to there.
bool ScriptSplitter::HasNoNul(size_t begin) {
  const size_t nul = text_.substr(begin, at_ - begin).find('\0');
  return nul == absl::string_view::npos || Fail(begin + nul, "a NUL byte cannot be part of SQL");
}

bool ScriptSplitter::Next(SplitStatement& statement) {
  if (!problem_.message.empty()) return false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\0') return Fail(at_, "a NUL byte cannot be part of SQL");
    if (IsSpace(c)) {
      ++at_;
      continue;
    }
    const size_t token = at_;
    if (c == '-' && Peek(1) == '-') {
      SkipLineComment();
      if (!HasNoNul(token)) return false;
      continue;
    }
    if (c == '/' && Peek(1) == '*') {
      if (!SkipBlockComment() || !HasNoNul(token)) return false;
      continue;
    }
    if (c == '\\') {
      if (!SkipBackslashLine()) return false;
      continue;
    }
    if (c == ';') {
      ++at_;
      if (!is_open_) continue;  // an empty statement
      if (!parentheses_.empty() || !bodies_.empty()) continue;
      return Finish(statement, begin_, at_ - 1);
    }
    if (!is_open_) {
      is_open_ = true;
      begin_ = at_;
    }
    bool went_on = true;
    if (IsWordStart(c)) {
      const size_t begin = at_;
      ReadWord();
      const bool escapes = at_ - begin == 1 && (c == 'e' || c == 'E');
      if (escapes && Peek() == '\'') went_on = SkipQuoted('\'', true);
    } else if (IsDigit(c)) {
      while (at_ < text_.size() && (IsWordPart(text_[at_]) && text_[at_] != '$')) ++at_;
    } else if (c == '\'' || c == '"') {
      went_on = SkipQuoted(c, false);
      last_word_.clear();
    } else if (c == '$') {
      went_on = SkipDollarQuote();
      last_word_.clear();
    } else {
      if (c == '(') parentheses_.push_back(at_);
      if (c == ')' && !parentheses_.empty()) parentheses_.pop_back();
      last_word_.clear();
      ++at_;
    }
    if (!went_on || !HasNoNul(token)) return false;
  }
  if (!is_open_) return false;
  if (!bodies_.empty()) return Fail(bodies_.back(), "this BEGIN ATOMIC or CASE has no END");
  if (!parentheses_.empty()) return Fail(parentheses_.back(), "this parenthesis is never closed");
  if (from_stdin_)
    return Fail(begin_, "COPY … FROM STDIN needs a semicolon, its data and a line \\.");
  size_t end = text_.size();
  while (end > begin_ && IsSpace(text_[end - 1])) --end;
  return Finish(statement, begin_, end);
}

namespace {

absl::StatusOr<std::vector<SplitStatement>> SplitAll(ScriptSplitter splitter,
                                                     size_t max_statements) {
  std::vector<SplitStatement> statements;
  SplitStatement statement;
  while (splitter.Next(statement)) {
    if (statements.size() >= max_statements) {
      return status::Error(
          {.code = absl::StatusCode::kResourceExhausted,
           .reason = status::Reason::kLimitExceeded,
           .message = absl::StrCat("The script has more than ", max_statements,
                                   " statements. Split it, or raise `max_statements`."),
           .metadata = {{"setting", "max_statements"}}});
    }
    statements.push_back(statement);
  }
  if (!splitter.problem().message.empty()) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = status::Reason::kInvalidScript,
                          .message = splitter.problem().message,
                          .metadata = {{"offset", absl::StrCat(splitter.problem().offset)}}});
  }
  return statements;
}

}  // namespace

absl::StatusOr<std::vector<SplitStatement>> SplitScript(absl::string_view text,
                                                        size_t max_statements) {
  return SplitAll(ScriptSplitter(text), max_statements);
}

absl::StatusOr<std::vector<SplitStatement>> SplitScript(const ScriptText& text,
                                                        size_t max_statements) {
  return SplitAll(ScriptSplitter(text), max_statements);
}

}  // namespace storefront::migrator
