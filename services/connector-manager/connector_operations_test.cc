// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

using storefront::testing::IsOk;

class Operations : public ::testing::Test, public ConnectorFixture {};

TEST_F(Operations, DeleteKeepsSlotAndOffsetsUnlessAsked) {
  ASSERT_THAT(apply.Apply({}, Limits()), IsOk());
  cluster.SetOffsets("orders", {{{{"server", "shop"}}, {{"lsn", "1"}}}});
  const auto plain = operations.Delete("orders", false, false, Limits());
  ASSERT_THAT(plain, IsOk());
  EXPECT_THAT(plain->removed, ::testing::ElementsAre("connector"));
  EXPECT_THAT(plain->remaining,
              ::testing::ElementsAre("offsets", "slot shop_slot", "publication shop"));
  EXPECT_FALSE(operations.Delete("orders", true, true, Limits())->deleted);
  ASSERT_THAT(apply.Apply({}, Limits()), IsOk());
  EXPECT_EQ(connect.GetOffsets("orders", Limits())->size(), 1u);  // they outlived the connector
  const auto clean = operations.Delete("orders", true, true, Limits());
  ASSERT_THAT(clean, IsOk());
  EXPECT_THAT(clean->removed, ::testing::ElementsAre("connector", "offsets", "slot shop_slot"));
  EXPECT_TRUE(source.Slots(Limits())->empty());
}

TEST_F(Operations, HoldAndRunAgain) {
  ASSERT_THAT(apply.Apply({}, Limits()), IsOk());
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_THAT(operations.Pause("orders", Limits()), IsOk());
  }
  EXPECT_EQ(directory.Get("orders", Limits())->state, ConnectorState::kPaused);
  EXPECT_THAT(operations.Stop("orders", Limits()), IsOk());
  EXPECT_EQ(directory.Get("orders", Limits())->state, ConnectorState::kStopped);
  EXPECT_THAT(operations.Resume("orders", Limits()), IsOk());
  EXPECT_THAT(operations.Restart("orders", false, Limits()), IsOk());
  EXPECT_EQ(directory.Get("orders", Limits())->state, ConnectorState::kStreaming);
  EXPECT_THAT(operations.Pause("nobody", Limits()),
              storefront::testing::HasReason(absl::StatusCode::kNotFound,
                                             status::Reason::kResourceNotFound));
}

TEST_F(Operations, C12DeletingAnAbsentOneIsSuccess) {
  const auto removal = operations.Delete("nobody", true, true, Limits());
  ASSERT_THAT(removal, IsOk());
  EXPECT_FALSE(removal->deleted);
}

TEST_F(Operations, ASecondWriterWaitsAndThenGivesUp) {
  const auto hold = locks.Acquire("orders", Limits(), clock);
  ASSERT_THAT(hold, IsOk());
  EXPECT_THAT(
      operations.Pause("orders", Limits(absl::Milliseconds(50))),
      storefront::testing::HasReason(absl::StatusCode::kAborted, status::Reason::kRunActive));
}

}  // namespace
}  // namespace storefront::connectors
