// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator {
namespace {

constexpr size_t kWordsRead = 64;

// The unquoted words of a statement in capitals; strings, quoted names and comments are left out.
std::vector<std::string> Words(absl::string_view text) {
  std::vector<std::string> words;
  size_t at = 0;
  const auto skip_to = [&](absl::string_view end) {
    const size_t found = text.find(end, at);
    at = found == absl::string_view::npos ? text.size() : found + end.size();
  };
  while (at < text.size() && words.size() < kWordsRead) {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      ++at;
      skip_to(text.substr(at - 1, 1));
    } else if (text.substr(at, 2) == "--") {
      skip_to("\n");
    } else if (text.substr(at, 2) == "/*") {
      skip_to("*/");
    } else if (absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_') {
      const size_t begin = at;
      while (at < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[at])) ||
                                  text[at] == '_' || text[at] == '$')) {
        ++at;
      }
      words.push_back(absl::AsciiStrToUpper(text.substr(begin, at - begin)));
    } else {
      ++at;
    }
  }
  return words;
}

class WordList {
 public:
  explicit WordList(absl::string_view text) : words_(Words(text)) {}
  absl::string_view operator[](size_t i) const {
    return i < words_.size() ? absl::string_view(words_[i]) : absl::string_view();
  }
  bool Has(absl::string_view word) const {
    return std::find(words_.begin(), words_.end(), word) != words_.end();
  }
  bool HasPair(absl::string_view first, absl::string_view second) const {
    for (size_t i = 1; i < words_.size(); ++i) {
      if (words_[i - 1] == first && words_[i] == second) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> words_;
};

bool IsOneOf(absl::string_view word, std::initializer_list<absl::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string CommandOf(const WordList& words) {
  const absl::string_view verb = words[0];
  if (!IsOneOf(verb, {"CREATE", "ALTER", "DROP"})) {
    if (verb == "REFRESH" || verb == "COMMENT" || verb == "REASSIGN" || verb == "DISCARD" ||
        verb == "PREPARE" || verb == "SECURITY") {
      return std::string(absl::StripAsciiWhitespace(absl::StrCat(verb, " ", words[1])));
    }
    return std::string(verb);
  }
  size_t at = 1;
  if (words[at] == "OR" && words[at + 1] == "REPLACE") at += 2;
  while (IsOneOf(words[at], {"GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE",
                             "RECURSIVE", "TRUSTED", "PROCEDURAL", "CONSTRAINT"})) {
    ++at;
  }
  std::string command = absl::StrCat(verb, " ", words[at]);
  if (IsOneOf(words[at],
              {"MATERIALIZED", "FOREIGN", "EVENT", "DEFAULT", "ACCESS", "USER", "TEXT"}) &&
      !words[at + 1].empty()) {
    absl::StrAppend(&command, " ", words[at + 1]);
    if (words[at] == "TEXT" || words[at + 1] == "DATA")
      absl::StrAppend(&command, " ", words[at + 2]);
  }
  return command;
}

bool RefusesTransaction(const WordList& words, absl::string_view command) {
  if (IsOneOf(command, {"CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE",
                        "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION", "ALTER SYSTEM", "VACUUM"})) {
    return true;
  }
  const bool concurrently = words.Has("CONCURRENTLY");
  if (command == "CREATE INDEX" || command == "DROP INDEX") return concurrently;
  if (command == "REINDEX") {
    return concurrently || words.Has("SCHEMA") || words.Has("DATABASE") || words.Has("SYSTEM");
  }
  if (command == "CLUSTER") return words[1].empty() || (words[1] == "VERBOSE" && words[2].empty());
  if (command == "ALTER TABLE") return words.HasPair("DETACH", "PARTITION") && concurrently;
  if (command == "ALTER DATABASE") return words.HasPair("SET", "TABLESPACE");
  if (command == "ALTER SUBSCRIPTION") {
    return words.Has("REFRESH") || words.HasPair("SET", "PUBLICATION");
  }
  return IsOneOf(words[0], {"COMMIT", "ROLLBACK"}) && words[1] == "PREPARED";
}

StatementFacts::Kind KindOf(const WordList& words) {
  using Kind = StatementFacts::Kind;
  const absl::string_view verb = words[0];
  if (verb == "PREPARE" && words[1] == "TRANSACTION") return Kind::kPrepareTransaction;
  if (verb == "DISCARD" && words[1] == "ALL") return Kind::kDiscardAll;
  if (IsOneOf(verb, {"BEGIN", "START", "END", "ABORT"})) return Kind::kTransactionControl;
  if (verb == "COMMIT" || verb == "ROLLBACK") {
    const bool to_savepoint = words[1] == "TO" || words[2] == "TO";
    if (words[1] == "PREPARED" || to_savepoint) return Kind::kPlain;
    return Kind::kTransactionControl;
  }
  if (verb == "COPY") {
    if (words.HasPair("FROM", "STDIN")) return Kind::kCopyIn;
    if (words.HasPair("TO", "STDOUT")) return Kind::kCopyOut;
  }
  return Kind::kPlain;
}

}  // namespace

StatementFacts FactsFromWords(absl::string_view statement) {
  const WordList words(statement);
  StatementFacts facts;
  facts.parsed = false;
  facts.command = CommandOf(words);
  facts.kind = KindOf(words);
  facts.transactional = !RefusesTransaction(words, facts.command);
  facts.binary_copy = facts.kind == StatementFacts::Kind::kCopyIn && words.Has("BINARY");
  return facts;
}

}  // namespace storefront::migrator
