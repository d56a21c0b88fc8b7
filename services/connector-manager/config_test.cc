// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

TEST(SettingRows, AreSound) { EXPECT_THAT(config::CheckRows(SettingRows()), ::testing::IsEmpty()); }

TEST(SettingRows, OnlyTheDatabaseMustBeGiven) {
  EXPECT_FALSE(config::Settings::Parse("connector-manager", SettingRows(), {}, {}).ok());
  EXPECT_THAT(
      config::Settings::Parse("connector-manager", SettingRows(), {},
                              {"STOREFRONT_CONNECTOR_MANAGER_DATABASE_URL=postgresql://p@h/d"}),
      storefront::testing::IsOk());
}

}  // namespace
}  // namespace storefront::connectors
