// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/checksum_cause.h"

#include <gtest/gtest.h>

#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

TEST(LikelyChecksumCause, NamesTheUsualChanges) {
  const struct {
    const char *before, *now, *cause;
  } cases[] = {
      {"select 1;\nselect 2;", "select 1;\nselect 2;\nselect 3;", "lines were added after line 2"},
      {"select 1;\nselect 2;", "select 1; \nselect 2;\t", "blanks were added at the ends of lines"},
      {"a\n  b", "a\n\tb", "blanks became tabs"},
      {"a\n\tb", "a\n    b", "tabs became blanks"},
      {"", "a", "the file was empty"},
      {"select '\xC3\x83\xC2\xBC';", "select '\xC3\xBC';",
       "it was applied by a reader that took the file for Latin-1"},
      {"select 1;", "select 2;", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.now);
    EXPECT_EQ(LikelyChecksumCause(c.now, c.now, ScriptChecksum(c.before)), c.cause);
  }
  EXPECT_EQ(LikelyChecksumCause("select ${a};", "select 1;", ScriptChecksum("select 1;")),
            "the recorded one is that of the text with its placeholders replaced");
}

}  // namespace
}  // namespace storefront::migrator
