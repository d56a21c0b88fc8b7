// Judges statements by their words, without a parser behind it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

class FakeStatementParser final : public StatementParser {
 public:
  StatementFacts Parse(absl::string_view statement) override {
    StatementFacts facts = FactsFromWords(statement);
    facts.parsed = true;
    return facts;
  }
};

}  // namespace storefront::migrator
