// What every PlanStore does: runs on the fake and on files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/topic-admin/plan_store.h"

namespace storefront::topics {

using MakePlanStore = std::function<std::unique_ptr<PlanStore>(const std::string& folder)>;

class PlanStoreContract : public ::testing::TestWithParam<MakePlanStore> {
 protected:
  PlanStoreContract()
      : folder_(std::filesystem::temp_directory_path() /
                ::storefront::testing::UniqueName("plan_store")) {}
  ~PlanStoreContract() override { std::filesystem::remove_all(folder_); }
  void SetUp() override { store_ = GetParam()(folder_); }

  const std::filesystem::path folder_;
  std::unique_ptr<PlanStore> store_;
};

TEST_P(PlanStoreContract, LoadsWhatWasSavedByIdInItsNewestForm) {
  EXPECT_TRUE(store_->Load()->empty());
  ASSERT_TRUE(store_->Save({.id = "b"}).ok());
  ASSERT_TRUE(store_->Save({.id = "a", .revision = 1}).ok());
  ASSERT_TRUE(store_->Save({.id = "a", .state = PlanState::kApplied, .revision = 2}).ok());
  const auto plans = store_->Load();
  ASSERT_TRUE(plans.ok());
  ASSERT_EQ(plans->size(), 2U);
  EXPECT_EQ((*plans)[0].id, "a");
  EXPECT_EQ((*plans)[0].revision, 2);
  EXPECT_EQ((*plans)[0].state, PlanState::kApplied);
}

TEST_P(PlanStoreContract, RemovesAndRemovesAgain) {
  ASSERT_TRUE(store_->Save({.id = "a"}).ok());
  EXPECT_TRUE(store_->Remove("a").ok());
  EXPECT_TRUE(store_->Remove("a").ok());
  EXPECT_TRUE(store_->Load()->empty());
}

}  // namespace storefront::topics
