// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connector_domain.h"

namespace storefront::connectors {
namespace {

TEST(ConnectorDirectory, StallsOnlyAfterPatienceAndRemembersSince) {
  ConnectorFixture f;
  ASSERT_TRUE(f.apply.Apply({}, f.Limits()).ok());
  EXPECT_EQ(f.directory.Get("orders", f.Limits())->state, ConnectorState::kStreaming);
  f.source.SetSlots({ReadSlot("shop_slot", 0)});
  f.cluster.SetOffsets("orders", {{{{"server", "shop"}}, {{"lsn", "1"}}}});
  EXPECT_EQ(f.directory.Get("orders", f.Limits())->state, ConnectorState::kPending);
  f.clock.Advance(absl::Seconds(31));
  const auto stalled = f.directory.Get("orders", f.Limits());
  EXPECT_EQ(stalled->state, ConnectorState::kDegraded);
  f.clock.Advance(absl::Seconds(5));
  EXPECT_EQ(f.directory.Get("orders", f.Limits())->conditions[0].since,
            stalled->conditions[0].since);
  f.source.SetSlots({ReadSlot("shop_slot", 7)});
  EXPECT_TRUE(f.directory.Get("orders", f.Limits())->conditions.empty());
}

TEST(ConnectorDirectory, SlotsKnowTheirConnector) {
  ConnectorFixture f;
  ASSERT_TRUE(f.apply.Apply({}, f.Limits()).ok());
  f.source.SetSlots({ReadSlot("orphan", 0), ReadSlot("shop_slot", 1)});
  const auto slots = f.directory.Slots(f.Limits());
  ASSERT_EQ(slots->size(), 2u);
  EXPECT_EQ((*slots)[0].connector, "");
  EXPECT_EQ((*slots)[1].connector, "orders");
}

TEST(ConnectorDirectory, AnUnknownOneIsNotFound) {
  ConnectorFixture f;
  EXPECT_THAT(f.directory.Get("nobody", f.Limits()),
              storefront::testing::HasReason(absl::StatusCode::kNotFound,
                                             status::Reason::kResourceNotFound));
}

TEST(ConnectorDirectory, KafkaDownIsTakenFromTheLastLookAtHealth) {
  ConnectorFixture f;
  ASSERT_TRUE(f.apply.Apply({}, f.Limits()).ok());
  f.directory.NoteConnectHealth(ConnectHealth::kKafkaUnreachable);
  const auto view = f.directory.Get("orders", f.Limits());
  EXPECT_EQ(view->state, ConnectorState::kDegraded);
  EXPECT_EQ(view->conditions[0].condition.failure, FailureClass::kKafkaDown);
}

}  // namespace
}  // namespace storefront::connectors
