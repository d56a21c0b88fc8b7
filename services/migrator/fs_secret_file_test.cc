// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_secret_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ReadSecretFile, DropsLineEndsAtTheEndOnly) {
  EXPECT_THAT(ReadSecretFile("p", Write("secret_a", " a\nb \r\n\n")),
              testing::IsOkAndHolds(std::string(" a\nb ")));
  EXPECT_THAT(ReadSecretFile("p", Write("secret_b", "")), testing::IsOkAndHolds(std::string()));
}

TEST(ReadSecretFile, RefusesWhatItCannotUse) {
  EXPECT_THAT(
      ReadSecretFile("p", "/nowhere/at/all"),
      testing::HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidSetting));
  EXPECT_FALSE(ReadSecretFile("p", Write("secret_c", std::string(9000, 'x'))).ok());
}

}  // namespace
}  // namespace storefront::migrator
