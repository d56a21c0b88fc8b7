// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/access.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using status::Reason;
using storefront::options::v1::ADMIN;
using storefront::options::v1::READ;
using storefront::options::v1::WRITE;

// SHA-256 of "viewer-token" and "admin-token".
constexpr char kTokens[] =
    "# people\n"
    "eve:viewer:9ee3b62f04ba6a3ae55cb5cf0e4cd95ee8f6d9e2ba6e33b4e7a9a4d9ea4bdf9d\n";

TEST(AccessPolicy, OpenLetsEverybodyDoAll) {
  EXPECT_THAT(AccessPolicy::Open().Check("", ADMIN), testing::IsOkAndHolds("anonymous"));
}

TEST(AccessPolicy, ATokenGivesItsNameUpToItsRole) {
  // printf abc | sha256sum
  const auto policy = AccessPolicy::FromTokenLines(
      "ann:operator:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
  ASSERT_THAT(policy, testing::IsOk());
  EXPECT_THAT(policy->Check("Bearer abc", READ), testing::IsOkAndHolds("ann"));
  EXPECT_THAT(policy->Check("Bearer abc", WRITE), testing::IsOkAndHolds("ann"));
  const auto refused = policy->Check("Bearer abc", ADMIN);
  EXPECT_THAT(refused,
              testing::HasReason(absl::StatusCode::kPermissionDenied, Reason::kRoleTooLow));
  EXPECT_EQ(status::DetailsOf(refused.status()).metadata.at("required"), "admin");
}

TEST(AccessPolicy, NoTokenAndAnUnknownTokenAreUnauthenticated) {
  const auto policy = AccessPolicy::FromTokenLines(kTokens);
  ASSERT_THAT(policy, testing::IsOk());
  for (const char* authorization : {"", "Basic abc", "Bearer nobody", "Bearer "}) {
    EXPECT_THAT(policy->Check(authorization, READ),
                testing::HasReason(absl::StatusCode::kUnauthenticated, Reason::kTokenRequired))
        << authorization;
  }
}

TEST(AccessPolicy, BadLinesAreAllNamed) {
  const auto policy = AccessPolicy::FromTokenLines("a:root:00\nb:viewer\n\nc:viewer:zz\n");
  EXPECT_THAT(policy,
              testing::HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidSetting));
  EXPECT_EQ(status::DetailsOf(policy.status()).fields.size(), 3u);
  EXPECT_EQ(status::DetailsOf(policy.status()).fields[2].field, "token_file line 4");
  EXPECT_FALSE(AccessPolicy::FromTokenLines("# nobody\n").ok());
}

TEST(AccessPolicy, AFileThatOthersCanReadIsRefused) {
  const std::string path = ::testing::TempDir() + "/tokens";
  std::ofstream(path) << kTokens;
  chmod(path.c_str(), 0644);
  EXPECT_FALSE(AccessPolicy::FromTokenFile(path).ok());
  chmod(path.c_str(), 0600);
  EXPECT_THAT(AccessPolicy::FromTokenFile(path), testing::IsOk());
  EXPECT_FALSE(AccessPolicy::FromTokenFile("/nowhere/tokens").ok());
}

}  // namespace
}  // namespace storefront::grpcserver
