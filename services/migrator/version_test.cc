// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/version.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

Version V(absl::string_view text) { return Version::Parse(text).value(); }

TEST(Version, PartsCompareAsNumbersAndAMissingOneIsZero) {
  EXPECT_EQ(V("1"), V("1.0"));
  EXPECT_EQ(V("1"), V("001"));
  EXPECT_EQ(V("0"), V("0.0"));
  EXPECT_GT(V("1.10"), V("1.9"));
  EXPECT_LT(V("1"), V("1.0.1"));
  EXPECT_LT(V("0"), V("0.1"));
  EXPECT_GT(V("20260102030405060708091011"), V("9999999999999999999"));
}

TEST(Version, TheStoredTextKeepsItsZeros) {
  EXPECT_EQ(V("009_4").text(), "009.4");
  EXPECT_EQ(V("10.0").text(), "10.0");
}

TEST(Version, EqualVersionsHaveOneCanonicalText) {
  EXPECT_EQ(V("009_4").Canonical(), "9.4");
  EXPECT_EQ(V("10.0").Canonical(), "10");
  EXPECT_EQ(V("1.0.1").Canonical(), "1.0.1");
  EXPECT_EQ(V("000").Canonical(), "0");
}

TEST(Version, RefusesWhatIsNoVersion) {
  for (const absl::string_view text :
       {"", "1..2", "_8_0", "8_", ".1", "a", "1a", "3.one", "-1", "1-2", "1 ", "+1"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Version::Parse(text), testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                         status::Reason::kInvalidName));
  }
  EXPECT_THAT(Version::Parse(std::string(50, '1')), testing::IsOk());
  EXPECT_FALSE(Version::Parse(std::string(51, '1')).ok());
}

}  // namespace
}  // namespace storefront::migrator
