// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/sha256.h"

#include <gtest/gtest.h>

namespace storefront::migrator {
namespace {

// FIPS 180-4, the examples that NIST publishes for it.
TEST(Sha256Hex, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesMakeTheWhole) {
  Sha256 sha256;
  sha256.Update("a");
  sha256.Update("");
  sha256.Update("bc");
  EXPECT_EQ(sha256.FinishHex(), Sha256Hex("abc"));
}

}  // namespace
}  // namespace storefront::migrator
