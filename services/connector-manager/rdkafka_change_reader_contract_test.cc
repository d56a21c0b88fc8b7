// The reader of change events on a real broker. What it delivers is proven with libs/kafka; here:
// what it says of a topic or a broker that is not there.
// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/rdkafka_change_reader.h"

#include <gtest/gtest.h>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

TEST(ChangeReaderContract, ATopicThatDoesNotExistIsNotFoundAndNotMade) {
  const auto reader = MakeRdkafkaChangeReader(storefront::testing::KafkaBootstrap());
  const std::string topic = storefront::testing::UniqueName("none");
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_TRUE(absl::IsNotFound(reader->OpenAtEnd(topic).status()));
  }
}

TEST(ChangeReaderContract, ABrokerThatDoesNotAnswerIsUnavailable) {
  const auto reader = MakeRdkafkaChangeReader("127.0.0.1:1");
  EXPECT_TRUE(absl::IsUnavailable(reader->OpenAtEnd("any").status()));
}

}  // namespace
}  // namespace storefront::connectors
