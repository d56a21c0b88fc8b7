// Scripts from hostile text: statements plus what stands between them are the whole text, each
// statement is one by itself, and the count is that of Postgres's own parser wherever it takes the
// text.
// SPDX-License-Identifier: Apache-2.0
#include <pg_query.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/log/check.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "services/migrator/script_splitter.h"
#include "services/migrator/utf8.h"

namespace {

using storefront::migrator::ScriptSplitter;
using storefront::migrator::SplitStatement;

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Statements of a text, -1 when it cannot be split.
int Count(absl::string_view text) {
  ScriptSplitter splitter(text);
  SplitStatement statement;
  int count = 0;
  while (splitter.Next(statement)) ++count;
  return splitter.problem().message.empty() ? count : -1;
}

// Statements by Postgres's parser, -1 when it rejects the text.
int CountByParser(const std::string& text) {
  const PgQuerySplitResult result = pg_query_split_with_parser(text.c_str());
  const int count = result.error == nullptr ? result.n_stmts : -1;
  pg_query_free_split_result(result);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (storefront::migrator::FindInvalidUtf8(text)) return 0;
  ScriptSplitter splitter(text);
  SplitStatement statement;
  std::vector<SplitStatement> statements;
  size_t end = 0;
  bool copies = false;
  while (splitter.Next(statement)) {
    CHECK_GE(statement.offset, end);
    CHECK_GT(statement.length, 0U);
    CHECK_LE(statement.offset + statement.length, text.size());
    // Nothing that would be a statement was passed over.
    CHECK_EQ(Count(absl::string_view(text).substr(end, statement.offset - end)), 0)
        << "before the statement at " << statement.offset;
    end = statement.offset + statement.length;
    if (statement.copies_data) {
      copies = true;
      CHECK_GE(statement.data_offset, end);
      CHECK_LE(statement.data_offset + statement.data_length, text.size());
      end = statement.data_offset + statement.data_length;
      const size_t line = text.find('\n', end);  // the closing \.
      end = line == std::string::npos ? text.size() : line + 1;
    } else {
      const auto alone = absl::string_view(text).substr(statement.offset, statement.length);
      // Read alone, a statement that begins with U+FEFF would lose it as a file's byte order mark.
      if (!absl::StartsWith(alone, kByteOrderMark)) CHECK_EQ(Count(alone), 1);
    }
    statements.push_back(statement);
  }
  if (!splitter.problem().message.empty()) {
    CHECK_LE(splitter.problem().offset, text.size());
    return 0;
  }
  CHECK_EQ(Count(absl::string_view(text).substr(end)), 0);
  // psql's lines and a byte order mark are nothing to the parser.
  const bool is_plain_sql = !copies && !absl::StrContains(text, "\\") &&
                            !absl::StartsWith(text, kByteOrderMark) &&
                            text.find('\0') == std::string::npos;
  if (!is_plain_sql) return 0;
  const int parsed = CountByParser(text);
  if (parsed >= 0) CHECK_EQ(static_cast<int>(statements.size()), parsed) << text;
  return 0;
}
