// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/server_settings.h"

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using status::Reason;

absl::StatusOr<AccessPolicy> Access(const std::vector<std::string>& arguments) {
  const auto settings = config::Settings::Parse(
      "migrator", ServerSettingRows("127.0.0.1:50052", "127.0.0.1:9462"), arguments, {});
  if (!settings.ok()) return settings.status();
  return AccessFrom(*settings);
}

TEST(ServerSettings, RowsAreSound) {
  EXPECT_TRUE(config::CheckRows(ServerSettingRows("127.0.0.1:1", "127.0.0.1:2")).empty());
}

TEST(ServerSettings, OpenAccessNeedsLoopback) {
  EXPECT_THAT(Access({}), testing::IsOk());
  const auto refused = Access({"--listen=0.0.0.0:50052"});
  EXPECT_THAT(refused,
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
  EXPECT_EQ(status::DetailsOf(refused.status()).fields.at(0).field, "listen");
  EXPECT_THAT(Access({"--listen=0.0.0.0:50052", "--allow_insecure_bind=true"}), testing::IsOk());
}

TEST(ServerSettings, TokenModeNeedsAFile) {
  EXPECT_THAT(Access({"--auth_mode=token"}),
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
}

TEST(IsLoopback, Hosts) {
  for (const char* yes : {"127.0.0.1:1", "127.9.9.9:0", "[::1]:5", "localhost:80"}) {
    EXPECT_TRUE(IsLoopback(yes)) << yes;
  }
  for (const char* no : {"0.0.0.0:1", "10.0.0.1:1", "[::]:5", "example.test:80"}) {
    EXPECT_FALSE(IsLoopback(no)) << no;
  }
}

}  // namespace
}  // namespace storefront::grpcserver
