// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pgquery_statement_parser.h"

#include <gtest/gtest.h>

#include "services/migrator/statement_parser_contract.h"

namespace storefront::migrator {
namespace {

INSTANTIATE_TEST_SUITE_P(PgQuery, StatementParserContract, ::testing::Values([] {
                           return std::make_unique<PgQueryStatementParser>();
                         }));

TEST(PgQueryStatementParser, FallsBackToWords) {
  PgQueryStatementParser parser;
  EXPECT_FALSE(parser.Parse("create index concurrently on on").parsed);
  EXPECT_FALSE(parser.Parse("create index concurrently on on").transactional);
  EXPECT_TRUE(parser.Parse("select 1").parsed);
}

}  // namespace
}  // namespace storefront::migrator
