// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/statement_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NamesIn, FoldsWordsAndKeepsQuotedNames) {
  EXPECT_THAT(NamesIn("REINDEX INDEX Public.\"Big \"\"one\"\"\""),
              ElementsAre("Big \"one\"", "index", "public", "reindex"));
  EXPECT_THAT(NamesIn("select tür, a$1, $1 from x1"),
              ElementsAre("a$1", "from", "select", "tür", "x1"));
}

TEST(NamesIn, LeavesOutStringsBodiesAndComments) {
  EXPECT_THAT(NamesIn("a 'b ''c' -- d\n /* e */ $f$ g $$ h $f$ $$ i $$ j"), ElementsAre("a", "j"));
  for (const char* open : {"'x", "/* x", "-- x", "$a$ x", "$", ""}) {
    EXPECT_THAT(NamesIn(open), IsEmpty()) << open;
  }
  EXPECT_THAT(NamesIn("\"open"), ElementsAre("open"));
}

}  // namespace
}  // namespace storefront::migrator
