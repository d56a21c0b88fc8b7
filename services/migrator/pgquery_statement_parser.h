// The real Postgres parser, through libpg_query.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

// pg_query_split_with_scanner is not used: it cuts BEGIN ATOMIC bodies, drops an unfinished
// statement without a word and leaves a broken array behind after an error.
class PgQueryStatementParser final : public StatementParser {
 public:
  StatementFacts Parse(absl::string_view statement) override;
};

}  // namespace storefront::migrator
