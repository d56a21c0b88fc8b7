// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/topic_name.h"

#include <gtest/gtest.h>

namespace storefront::topics {
namespace {

TEST(TopicNameProblem, FollowsKafkasRule) {
  for (const std::string& good : {std::string("a"), std::string("A.b_c-9"), std::string("..."),
                                  std::string(249, 'a'), std::string("__x")}) {
    EXPECT_EQ(TopicNameProblem(good), "") << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string(250, 'a'),
        std::string("a b"), std::string("a/b"), std::string("ä"), std::string("a\0b", 3)}) {
    EXPECT_NE(TopicNameProblem(bad), "") << bad;
  }
}

TEST(MetricName, CannotTellDotFromUnderscore) {
  EXPECT_EQ(MetricName("a.b_c"), MetricName("a_b.c"));
  EXPECT_NE(MetricName("a.b"), MetricName("a-b"));
}

}  // namespace
}  // namespace storefront::topics
