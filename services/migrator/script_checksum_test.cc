// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace storefront::migrator {
namespace {

constexpr char kBom[] = "\xEF\xBB\xBF";

// Values that Flyway 13.7 stored for these bytes.
TEST(ScriptChecksum, EqualsFlyways) {
  const struct {
    std::string bytes;
    int32_t checksum;
  } cases[] = {
      {"abc\ndef efg\nxyz", 989464445},
      {"abc\r\ndef efg\r\nxyz", 989464445},
      {"abc\rdef efg\rxyz", 989464445},
      {"abc\ndef efg\nxyz\n", 989464445},
      {kBom + std::string("abc\ndef efg\nxyz"), 989464445},
      {"abc \ndef efg\nxyz", -1675491032},
      {kBom + std::string(kBom) + "abc", -1095501843},
      {"abc\n" + std::string(kBom) + "def", -1290762726},
      {"abc\n\rdef\r\r\nx", -1138596013},
      {"a\x0B"
       "b\x0C"
       "c\xC2\x85"
       "d\xE2\x80\xA8"
       "e",
       961088012},
      {"select '😀 ünï';\n", -237896276},
      {"select 1;\n", -690524359},
      {"create table a(i int);\n", -731837914},
      {"", 0},
      {"\n", 0},
      {kBom, 0},
      {"create or replace view v as select 1 as ${nm};\n", 1163235445},
      {"create or replace view v as select 1 as col;\n", 1643668834},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    EXPECT_EQ(ScriptChecksum(c.bytes), c.checksum);
    ScriptChecksummer byte_by_byte;
    for (const char byte : c.bytes) byte_by_byte.Add(absl::string_view(&byte, 1));
    EXPECT_EQ(byte_by_byte.Finish(), c.checksum);
  }
}

}  // namespace
}  // namespace storefront::migrator
