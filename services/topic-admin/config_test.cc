// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::topics {
namespace {

TEST(SettingRows, AreSoundAndParseWithTheirDefaults) {
  EXPECT_THAT(config::CheckRows(SettingRows()), ::testing::IsEmpty());
  const auto settings = config::Settings::Parse("topic-admin", SettingRows(), {}, {});
  ASSERT_THAT(settings, ::storefront::testing::IsOk());
  EXPECT_EQ(settings->List("connect_storage_topics").size(), 3U);
}

}  // namespace
}  // namespace storefront::topics
