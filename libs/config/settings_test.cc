// SPDX-License-Identifier: Apache-2.0
#include "libs/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "libs/config/nearest.h"
#include "libs/testing/status_matchers.h"

namespace storefront::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<Setting> Rows() {
  return {
      {.name = "chunk_rows",
       .kind = Kind::kInt,
       .default_value = "50000",
       .min = 1'000,
       .max = 1'000'000,
       .unit = "rows",
       .doc = "Rows in one COPY transaction."},
      {.name = "wait",
       .kind = Kind::kDuration,
       .default_value = "5s",
       .min = 0,
       .max = 3600,
       .doc = "How long."},
      {.name = "cap", .kind = Kind::kBytes, .default_value = "4MiB", .doc = "How much."},
      {.name = "locations",
       .kind = Kind::kList,
       .default_value = "a, b",
       .min = 1,
       .max = 3,
       .doc = "Where."},
      {.name = "on", .kind = Kind::kBool, .default_value = "false", .doc = "Whether."},
      {.name = "mode",
       .kind = Kind::kChoice,
       .default_value = "none",
       .doc = "How.",
       .choices = {"none", "token"}},
      {.name = "password", .kind = Kind::kSecret, .doc = "The secret."},
      {.name = "url", .doc = "The address.", .required = true},
  };
}

TEST(Settings, DefaultThenVariableThenFlag) {
  const auto settings =
      Settings::Parse("connector-manager", Rows(), {"--url", "u", "--wait=2m"},
                      {"STOREFRONT_CONNECTOR_MANAGER_WAIT=9s",
                       "STOREFRONT_CONNECTOR_MANAGER_CHUNK_ROWS=2000", "PATH=/bin"});
  ASSERT_THAT(settings, testing::IsOk());
  EXPECT_EQ(settings->Int("chunk_rows"), 2000);
  EXPECT_EQ(settings->Duration("wait"), absl::Minutes(2));
  EXPECT_EQ(settings->Bytes("cap"), 4 << 20);
  EXPECT_THAT(settings->List("locations"), ElementsAre("a", "b"));
  EXPECT_FALSE(settings->Bool("on"));
  EXPECT_EQ(settings->String("mode"), "none");
  EXPECT_EQ(settings->String("url"), "u");
}

TEST(Settings, ReportsEveryProblemAtOnce) {
  const auto settings = Settings::Parse(
      "seeder", Rows(), {"--chunk_row", "5", "--mode", "tokens"},
      {"STOREFRONT_SEEDER_CHUNK_ROWS=12", "STOREFRONT_SEEDER_CAPP=1", "STOREFRONT_MIGRATOR_X=1",
       "STOREFRONT_SEEDER_LOCATIONS=a,b,c,d", "STOREFRONT_SEEDER_ON=yes"});
  EXPECT_THAT(settings, testing::HasReason(absl::StatusCode::kInvalidArgument,
                                           status::Reason::kInvalidSetting));
  std::string all;
  for (const auto& field : status::DetailsOf(settings.status()).fields) {
    all += field.field + " " + field.description + "\n";
  }
  EXPECT_THAT(all, HasSubstr("STOREFRONT_SEEDER_CAPP is not a setting of seeder; did you mean "
                             "STOREFRONT_SEEDER_CAP?"));
  EXPECT_THAT(all, HasSubstr("--chunk_row is not a flag of seeder; did you mean --chunk_rows?"));
  EXPECT_THAT(all,
              HasSubstr("STOREFRONT_SEEDER_CHUNK_ROWS '12' must be from 1000 to 1000000 rows"));
  EXPECT_THAT(all, HasSubstr("--mode 'tokens' is not one of none, token"));
  EXPECT_THAT(all, HasSubstr("STOREFRONT_SEEDER_LOCATIONS 'a,b,c,d' must be from 1 to 3"));
  EXPECT_THAT(all, HasSubstr("STOREFRONT_SEEDER_ON 'yes' is not true or false"));
  EXPECT_THAT(all, HasSubstr("STOREFRONT_SEEDER_URL is required"));
  EXPECT_THAT(all, ::testing::Not(HasSubstr("MIGRATOR")));
}

TEST(Settings, SecretsComeFromAFileAndAreMasked) {
  const std::string path = ::testing::TempDir() + "/secret";
  std::ofstream(path) << "hunter2\n";
  const auto settings = Settings::Parse("seeder", Rows(), {"--url=u", "--password_file", path}, {});
  ASSERT_THAT(settings, testing::IsOk());
  EXPECT_EQ(settings->SecretValue("password").Reveal(), "hunter2");
  EXPECT_THAT(settings->Effective(), ::testing::Contains(Pair("password", "***")));
  std::ostringstream printed;
  printed << settings->SecretValue("password");
  EXPECT_EQ(printed.str(), "***");

  const auto missing =
      Settings::Parse("seeder", Rows(), {"--url=u", "--password_file", "/nowhere"}, {});
  EXPECT_THAT(missing, testing::HasReason(absl::StatusCode::kInvalidArgument,
                                          status::Reason::kInvalidSetting));
  EXPECT_THAT(
      Settings::Parse("seeder", Rows(), {"--url=u", "--password", "x"}, {}),
      testing::HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidSetting));
}

TEST(Settings, APasswordInAnAddressIsMasked) {
  struct Case {
    const char *given, *shown;
  };
  for (const Case& c : {Case{"postgresql://u:p@ss@h:1/db?x=a@b", "postgresql://u:***@h:1/db?x=a@b"},
                        Case{"postgresql://u@h:1/db", "postgresql://u@h:1/db"},
                        Case{"http://h:8083/a@b:c", "http://h:8083/a@b:c"},
                        Case{"host=h Password=x", "***"}, Case{"host=h user=u", "host=h user=u"}}) {
    const auto settings = Settings::Parse("seeder", Rows(), {"--url", c.given}, {});
    ASSERT_THAT(settings, testing::IsOk());
    EXPECT_THAT(settings->Effective(), ::testing::Contains(Pair("url", c.shown)));
  }
}

TEST(Settings, SizesAndDurations) {
  EXPECT_EQ(ParseBytes("0"), 0);
  EXPECT_EQ(ParseBytes("1GiB"), 1 << 30);
  EXPECT_EQ(ParseBytes("7B"), 7);
  for (const char* bad : {"", "MiB", "-1", "1.5MiB", "1MB", "9999999999TiB", "1 MiB"}) {
    EXPECT_EQ(ParseBytes(bad), std::nullopt) << bad;
  }
}

TEST(Settings, RowsAreCheckedAndDocumented) {
  EXPECT_THAT(CheckRows(Rows()), IsEmpty());
  EXPECT_THAT(
      CheckRows(
          {{.name = "n", .kind = Kind::kInt, .default_value = "5", .min = 6, .doc = "no stop"}}),
      ::testing::SizeIs(2));
  EXPECT_THAT(HelpText("seeder", "fills it.", Rows()), HasSubstr("--password_file FILE"));
  EXPECT_THAT(Markdown("seeder", Rows()),
              HasSubstr("| `--chunk_rows` | `STOREFRONT_SEEDER_CHUNK_ROWS` | "
                        "default 50000; from 1000 to 1000000 rows |"));
}

TEST(Nearest, OnlyCloseNames) {
  EXPECT_EQ(Nearest("migrat", {"migrate", "list"}), "migrate");
  EXPECT_EQ(Nearest("zzz", {"migrate", "list"}), std::nullopt);
}

}  // namespace
}  // namespace storefront::config
