// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/protection.h"

#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

TEST(Protection, SaysWhyATopicIsLeftAlone) {
  const Protection protection({"_connect-configs"}, {"mine\\..*"});
  EXPECT_EQ(protection.Why("anything", true), "internal");
  EXPECT_EQ(protection.Why("__remote_log_metadata", false), "reserved name");
  EXPECT_EQ(protection.Why("_connect-configs", false), "connect storage");
  EXPECT_EQ(protection.Why("mine.a", false), "policy: mine\\..*");
  EXPECT_EQ(protection.Why("__debezium-heartbeat.storefront", false), "");
  EXPECT_EQ(protection.Why("storefront.public.orders", false), "");
  EXPECT_EQ(protection.Why("not.mine.a", false), "");
}

}  // namespace
}  // namespace storefront::topics
