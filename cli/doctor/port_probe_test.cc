// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/port_probe.h"

#include <gtest/gtest.h>

#include <string>

#include "cli/doctor/port_owner.h"

namespace storefront::cli {
namespace {

using std::string_literals::operator""s;  // for bytes with zeros

TEST(PortProbe, KnowsAnAnswerOfItsProtocol) {
  EXPECT_TRUE(IsAnswerOf(Protocol::kPostgres, "N"));
  EXPECT_FALSE(IsAnswerOf(Protocol::kPostgres, "HTTP/1.0 400 Bad"));
  EXPECT_TRUE(IsAnswerOf(Protocol::kKafka, "\0\0\x01\0\x5f\x5f\x5f\x01\0\0"s));
  EXPECT_FALSE(IsAnswerOf(Protocol::kKafka, "\0\0\x01\0\0\0\0\0"s));
  EXPECT_TRUE(IsAnswerOf(Protocol::kHttp, "HTTP/1.1 200 OK"));
  EXPECT_TRUE(IsAnswerOf(Protocol::kHttp2, "\0\0\x12\x04\0\0\0\0\0"s));
  EXPECT_FALSE(IsAnswerOf(Protocol::kHttp2, "HTTP/1.1 400"));
}

TEST(PortProbe, AKafkaGreetingTellsItsOwnLength) {
  const std::string greeting = Greeting(Protocol::kKafka, "", "");
  EXPECT_EQ(greeting.size(), 4U + static_cast<unsigned char>(greeting[3]));
}

TEST(PortOwner, FindsTheListeningInode) {
  constexpr char kTable[] =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:115C 0100007F:9999 01 00000000:00000000 00:00000000 00000000  0  0 111 1\n"
      "   1: 0100007F:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 222 1\n";
  EXPECT_EQ(ListeningInode(kTable, 4444), "222");
  EXPECT_EQ(ListeningInode(kTable, 4445), "");
}

}  // namespace
}  // namespace storefront::cli
