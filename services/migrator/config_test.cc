// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

TEST(SettingRows, AreSound) { EXPECT_THAT(config::CheckRows(SettingRows()), ::testing::IsEmpty()); }

TEST(SettingRows, NeedADatabaseAndNothingElse) {
  EXPECT_FALSE(config::Settings::Parse("migrator", SettingRows(), {}, {}).ok());
  const auto settings = config::Settings::Parse(
      "migrator", SettingRows(), {}, {"STOREFRONT_MIGRATOR_DATABASE_URL=postgresql://x@y/z"});
  ASSERT_THAT(settings, testing::IsOk());
  EXPECT_EQ(settings->List("locations"), std::vector<std::string>{"migrations"});
  EXPECT_EQ(settings->Duration("lock_wait"), absl::Seconds(60));
}

}  // namespace
}  // namespace storefront::migrator
