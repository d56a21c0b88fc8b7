// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/paging.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using status::Reason;

TEST(ResolvePage, WalksAListToItsEnd) {
  auto page = ResolvePage(2, "", "filter");
  ASSERT_THAT(page, testing::IsOk());
  EXPECT_EQ(page->offset, 0u);
  const std::string second = page->NextToken(5);
  page = ResolvePage(2, second, "filter");
  ASSERT_THAT(page, testing::IsOk());
  EXPECT_EQ(page->offset, 2u);
  page = ResolvePage(2, page->NextToken(5), "filter");
  ASSERT_THAT(page, testing::IsOk());
  EXPECT_EQ(page->offset, 4u);
  EXPECT_EQ(page->NextToken(5), "");
}

TEST(ResolvePage, SizesAreDefaultedAndCapped) {
  EXPECT_EQ(ResolvePage(0, "", "")->size, 50u);
  EXPECT_EQ(ResolvePage(100'000, "", "")->size, 1000u);
}

TEST(ResolvePage, RefusesANegativeSizeAndForeignTokens) {
  EXPECT_THAT(ResolvePage(-1, "", ""),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  const std::string token = ResolvePage(1, "", "a")->NextToken(9);
  for (const std::string& bad : {std::string("%%%"), std::string("MTI6"), token}) {
    EXPECT_THAT(ResolvePage(1, bad, "b"),
                testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField))
        << bad;
  }
}

}  // namespace
}  // namespace storefront::grpcserver
