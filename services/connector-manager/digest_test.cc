// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/digest.h"

#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

TEST(Digest, Sha256OfAKnownText) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, HmacOfRfc4231Case2) {
  EXPECT_EQ(KeyedDigest("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, MapsDoNotRunTogether) {
  EXPECT_NE(DigestOf({{"a", "bc"}}), DigestOf({{"ab", "c"}}));
  EXPECT_NE(DigestOf({{"a", "1"}, {"b", "2"}}), DigestOf({{"a", "11:b1:2"}}));
  EXPECT_EQ(DigestOf({{"a", "1"}, {"b", "2"}}), DigestOf({{"b", "2"}, {"a", "1"}}));
}

}  // namespace
}  // namespace storefront::connectors
