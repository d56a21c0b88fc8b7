// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/ignore_comments.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/migrator/sql_tokens.h"

namespace storefront::migrator {
namespace {

constexpr absl::string_view kMark = "squawk-ignore";

// "rule, rule -- reason" as rules.
std::set<LintRule> ParseRules(absl::string_view text) {
  std::set<LintRule> rules;
  text = text.substr(0, text.find("--"));
  for (const absl::string_view item : absl::StrSplit(text, absl::ByAnyChar(", \t\r\n"))) {
    for (const LintRule rule : FindLintRules(item)) rules.insert(rule);
  }
  return rules;
}

// The comment's text without its marks.
absl::string_view Inner(absl::string_view comment) {
  if (!absl::ConsumePrefix(&comment, "--") && absl::ConsumePrefix(&comment, "/*")) {
    absl::ConsumeSuffix(&comment, "*/");
  }
  return absl::StripAsciiWhitespace(comment);
}

}  // namespace

IgnoreComments::IgnoreComments(const PreparedScript& script) {
  const absl::string_view text = script.replaced.text();
  if (script.replaced.script_text().Find(kMark, 0) == absl::string_view::npos) return;
  const int count = static_cast<int>(script.statements.size());
  size_t from = 0;      // the end of the statement before, its semicolon or COPY data
  size_t line_end = 0;  // of the line that it ends on
  for (int i = 0; i <= count; ++i) {
    const bool is_end = i == count;
    const SplitStatement place = is_end ? SplitStatement{.offset = text.size()}
                                        : script.statements[static_cast<size_t>(i)].place;
    Read(script, from, place.offset, is_end ? -1 : i, i - 1, line_end);
    if (is_end) break;
    from = place.offset + place.length;
    Read(script, place.offset, from, -1, -1, 0);
    if (place.copies_data) from = place.data_offset + place.data_length;
    line_end = std::min(text.find('\n', from), text.size());
  }
}

// Reads the comments of text[from, to). Those in it that begin before `behind_end` are on the last
// line of statement `behind`; the last ones without a blank line or code after them stand above
// statement `above`.
void IgnoreComments::Read(const PreparedScript& script, size_t from, size_t to, int above,
                          int behind, size_t behind_end) {
  const absl::string_view part = script.replaced.text().substr(0, to);
  SqlTokens tokens(part);
  tokens.SeekTo(from);
  std::vector<size_t> block;  // indexes into comments_ that may stand above the statement
  int last_line = -1;
  for (SqlToken token; tokens.Next(token);) {
    if (token.kind != SqlToken::Kind::kComment) continue;
    const absl::string_view whole = tokens.Text(token);
    const int first_line =
        PositionOf(*script.raw, script.replaced.OriginalOffset(token.offset)).line;
    const int line = first_line + static_cast<int>(std::count(whole.begin(), whole.end(), '\n'));
    const bool is_behind = behind >= 0 && token.offset < behind_end;
    if (first_line > last_line + 1) block.clear();
    last_line = line;
    absl::string_view inner = Inner(whole);
    if (!absl::ConsumePrefix(&inner, kMark)) continue;
    if (absl::ConsumePrefix(&inner, "-file")) {
      const std::set<LintRule> rules = ParseRules(inner);
      const absl::string_view names = absl::StripAsciiWhitespace(inner.substr(0, inner.find("--")));
      if (names.empty()) whole_file_ = true;
      file_rules_.insert(rules.begin(), rules.end());
      continue;
    }
    comments_.push_back(
        {.rules = ParseRules(inner), .line = line, .statement = is_behind ? behind : -1});
    if (!is_behind) block.push_back(comments_.size() - 1);
  }
  if (above < 0 || block.empty()) return;
  if (script.statements[static_cast<size_t>(above)].line > last_line + 1) return;  // a blank line
  for (const size_t index : block) comments_[index].statement = above;
}

bool IgnoreComments::Covers(LintRule rule, size_t statement, int line) const {
  if (whole_file_ || file_rules_.contains(rule)) return true;
  return std::any_of(comments_.begin(), comments_.end(), [&](const Comment& comment) {
    if (!comment.rules.contains(rule)) return false;
    return comment.statement == static_cast<int>(statement) || comment.line == line ||
           comment.line + 1 == line;
  });
}

}  // namespace storefront::migrator
