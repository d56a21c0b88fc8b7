// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::seeder {
namespace {

TEST(SettingRows, AreSound) { EXPECT_THAT(config::CheckRows(SettingRows()), ::testing::IsEmpty()); }

TEST(SettingRows, NeedADatabaseAndNothingElse) {
  EXPECT_FALSE(config::Settings::Parse("seeder", SettingRows(), {}, {}).ok());
  const auto settings = config::Settings::Parse(
      "seeder", SettingRows(), {}, {"STOREFRONT_SEEDER_DATABASE_URL=postgresql://x@y/z"});
  ASSERT_THAT(settings, testing::IsOk());
  EXPECT_EQ(settings->Int("connections"), 2);
  EXPECT_TRUE(settings->Bool("auto_resume"));
}

}  // namespace
}  // namespace storefront::seeder
