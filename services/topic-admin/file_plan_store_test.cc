// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/file_plan_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "libs/testing/servers.h"
#include "services/topic-admin/fake_plan_store.h"
#include "services/topic-admin/plan_store_contract.h"

namespace storefront::topics {
namespace {

namespace fs = std::filesystem;
using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;

INSTANTIATE_TEST_SUITE_P(Fake, PlanStoreContract,
                         ::testing::Values([](const std::string&) -> std::unique_ptr<PlanStore> {
                           return std::make_unique<FakePlanStore>();
                         }));
INSTANTIATE_TEST_SUITE_P(File, PlanStoreContract, ::testing::Values([](const std::string& folder) {
                           return *OpenFilePlanStore(folder);
                         }));

class FilePlanStoreTest : public ::testing::Test {
 protected:
  FilePlanStoreTest()
      : folder_(fs::temp_directory_path() / ::storefront::testing::UniqueName("plans")) {}
  ~FilePlanStoreTest() override { fs::remove_all(folder_); }
  const fs::path folder_;
};

TEST_F(FilePlanStoreTest, APlanSurvivesTheProcess) {
  {
    const auto store = OpenFilePlanStore(folder_ / "deep");
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT((*store)->Save({.id = "one", .etag = "e"}), IsOk());
  }
  const auto store = OpenFilePlanStore(folder_ / "deep");
  ASSERT_THAT(store, IsOk());
  const auto plans = (*store)->Load();
  ASSERT_THAT(plans, IsOk());
  ASSERT_EQ(plans->size(), 1U);
  EXPECT_EQ((*plans)[0].etag, "e");
}

TEST_F(FilePlanStoreTest, ASecondOwnerIsRefusedUntilTheFirstIsGone) {
  auto first = OpenFilePlanStore(folder_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(OpenFilePlanStore(folder_),
              HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kStateDirInUse));
  first->reset();
  EXPECT_THAT(OpenFilePlanStore(folder_), IsOk());
}

TEST_F(FilePlanStoreTest, AWriteThatWasCutOffAndForeignFilesAreLeftOut) {
  const auto store = OpenFilePlanStore(folder_);
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT((*store)->Save({.id = "one"}), IsOk());
  std::ofstream(folder_ / "plan-two.json.unfinished") << "{\"format\": 1, \"id\": \"tw";
  std::ofstream(folder_ / "plan-three.json") << "not a plan";
  std::ofstream(folder_ / "notes.txt") << "mine";
  const auto plans = (*store)->Load();
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->size(), 1U);
  EXPECT_FALSE(fs::exists(folder_ / "plan-two.json.unfinished"));
  EXPECT_TRUE(fs::exists(folder_ / "plan-three.json"));
}

TEST_F(FilePlanStoreTest, AFolderThatCannotBeMadeIsUnusable) {
  std::ofstream(folder_) << "a file";
  EXPECT_THAT(OpenFilePlanStore(folder_ / "below"),
              HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kStateDirUnusable));
}

}  // namespace
}  // namespace storefront::topics
