// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/statement_parser_contract.h"

namespace storefront::migrator {
namespace {

INSTANTIATE_TEST_SUITE_P(Words, StatementParserContract,
                         ::testing::Values([] { return std::make_unique<FakeStatementParser>(); }));

TEST(FactsFromWords, SayThatNothingWasParsed) {
  EXPECT_FALSE(FactsFromWords("frobnicate everything").parsed);
  EXPECT_EQ(FactsFromWords("frobnicate everything").command, "FROBNICATE");
  EXPECT_EQ(FactsFromWords("").command, "");
}

}  // namespace
}  // namespace storefront::migrator
