// What a statement is, as far as running it safely needs to know.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/migrator/statement_facts.h"

namespace storefront::migrator {

struct StatementFacts {
  enum class Kind {
    kPlain,
    kTransactionControl,  // BEGIN, COMMIT, ROLLBACK and their kin; savepoints are plain
    kPrepareTransaction,
    kDiscardAll,
    kCopyIn,   // COPY … FROM STDIN
    kCopyOut,  // COPY … TO STDOUT
  };

  bool parsed = true;   // false: no parser knows it; judged by its words
  std::string command;  // "CREATE TABLE"
  Kind kind = Kind::kPlain;
  bool transactional = true;  // false: Postgres refuses it inside a transaction
  bool binary_copy = false;
  // What the parser read; empty and null where it rejects the statement, or has nothing to say.
  std::vector<TouchedRelation> relations = {};  // each place where one is named, in no order
  std::shared_ptr<const StatementDetail> detail = nullptr;

  // Null when the detail is of another kind.
  template <typename Detail>
  const Detail* As() const {
    return detail == nullptr ? nullptr : std::get_if<Detail>(detail.get());
  }
};

// Thread-safety: all methods.
class StatementParser {
 public:
  virtual ~StatementParser() = default;

  // Facts of one statement without its semicolon. Never fails: what the parser rejects is judged by
  // its words, with `parsed` false.
  virtual StatementFacts Parse(absl::string_view statement) = 0;
};

// The judgement by words alone, and the command's name. Errs on the side of "transactional": such a
// statement then fails on the server, with nothing applied.
StatementFacts FactsFromWords(absl::string_view statement);

}  // namespace storefront::migrator
