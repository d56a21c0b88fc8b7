// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"

namespace storefront::migrator {
namespace {

using ::testing::ElementsAre;

ScriptSet Make(std::vector<std::string> paths, ScriptSetOptions options = {}) {
  std::vector<SourceFile> files;
  for (std::string& path : paths) files.push_back({"migrations", std::move(path)});
  return MakeScriptSet(files, options);
}

std::vector<std::string> Ids(const std::vector<Script>& scripts) {
  std::vector<std::string> ids;
  for (const Script& script : scripts) ids.push_back(MigrationId(script.name));
  return ids;
}

std::vector<std::string> Codes(const ScriptSet& set) {
  std::vector<std::string> codes;
  for (const Finding& finding : set.findings) codes.push_back(finding.code);
  return codes;
}

TEST(MakeScriptSet, SortsEachKind) {
  const ScriptSet set = Make({"V10__j.sql", "sub/V9__i.sql", "V1.10__b.sql", "V1.9__a.sql",
                              "R__a view.sql", "R__B view.sql", "B2__base.sql", "U9__i.sql"});
  EXPECT_THAT(set.findings, ElementsAre());
  EXPECT_THAT(Ids(set.versioned), ElementsAre("V1.9", "V1.10", "V9", "V10"));
  EXPECT_THAT(Ids(set.repeatables), ElementsAre("R__B_view", "R__a_view"));
  EXPECT_THAT(Ids(set.baselines), ElementsAre("B2"));
  EXPECT_TRUE(set.HasUndo(Version::Parse("9.0").value()));
  EXPECT_FALSE(set.HasUndo(Version::Parse("10").value()));
}

TEST(MakeScriptSet, M6EqualVersionsAreDuplicates) {
  EXPECT_THAT(Codes(Make({"V1__a.sql", "V1.0__b.sql"})),
              ElementsAre("DUPLICATE_VERSIONED_MIGRATION"));
  EXPECT_THAT(Codes(Make({"V1__a.sql", "B1__b.sql", "U1__a.sql"})), ElementsAre());
  EXPECT_THAT(Codes(Make({"x/R__a.sql", "y/R__a.sql"})),
              ElementsAre("DUPLICATE_REPEATABLE_MIGRATION"));
}

TEST(MakeScriptSet, WrongNamesAreAllNamedOrSkipped) {
  const std::vector<std::string> paths = {"V1__a.sql", "notes.sql", "sub/.V3__x.sql"};
  const ScriptSet strict = Make(paths);
  EXPECT_THAT(Codes(strict), ElementsAre("INVALID_NAME", "INVALID_NAME"));
  const ScriptSet lenient = Make(paths, {.validate_naming = false});
  EXPECT_THAT(lenient.findings, ElementsAre());
  ASSERT_EQ(lenient.warnings.size(), 2U);
  EXPECT_EQ(lenient.warnings[0].script, "notes.sql");
  EXPECT_EQ(lenient.warnings[1].script, "sub/.V3__x.sql");
}

TEST(MakeScriptSet, CallbacksStandByEventThenDescription) {
  const ScriptSet set = Make({"afterMigrate.sql", "beforeMigrate__b.sql", "beforeMigrate__a.sql",
                              "beforeMigrate.sql", "V1__a.sql"});
  EXPECT_THAT(set.findings, ElementsAre());
  std::vector<std::string> paths;
  for (const Script& script : set.callbacks) paths.push_back(script.file.path);
  EXPECT_THAT(paths, ElementsAre("beforeMigrate.sql", "beforeMigrate__a.sql",
                                 "beforeMigrate__b.sql", "afterMigrate.sql"));
  EXPECT_THAT(Codes(Make({"x/afterMigrate.sql", "y/afterMigrate.sql"})),
              ElementsAre("INVALID_NAME"))
      << "nobody could tell which goes first";
}

TEST(MakeScriptSet, EventsThatAreNotRunAreWarnedAbout) {
  const ScriptSet set = Make({"beforeInfo.sql", "createSchema.sql", "V1__a.sql"});
  EXPECT_THAT(set.findings, ElementsAre());
  EXPECT_THAT(set.callbacks, ElementsAre());
  ASSERT_EQ(set.warnings.size(), 2U);
  EXPECT_EQ(set.warnings[0].code, "CALLBACK_NOT_SUPPORTED");
}

TEST(MakeScriptSet, AConfigurationGoesToItsScript) {
  const ScriptSet set = Make({"V1__a.sql", "V1__a.sql.conf", "x/V2__b.SQL", "x/V2__b.SQL.conf",
                              "V2__b.sql.conf", "R__v.sql", "R__v.sql.conf"});
  EXPECT_EQ(set.versioned[0].config_file->path, "V1__a.sql.conf");
  EXPECT_EQ(set.versioned[1].config_file->path, "x/V2__b.SQL.conf");
  EXPECT_EQ(set.repeatables[0].config_file->path, "R__v.sql.conf");
  EXPECT_THAT(set.findings, ElementsAre());
  ASSERT_EQ(set.warnings.size(), 1U);
  EXPECT_EQ(set.warnings[0].script, "V2__b.sql.conf") << "it is for no script";
}

TEST(FindingsToStatus, CarriesEachAsAViolation) {
  EXPECT_THAT(FindingsToStatus({}), testing::IsOk());
  const absl::Status status =
      FindingsToStatus({{"INVALID_NAME", "", "x.sql", "x.sql: bad"}, {"CODE", "V1", "", "other"}});
  EXPECT_THAT(status, testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                         status::Reason::kInvalidName));
  const auto violations = status::DetailsOf(status).preconditions;
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].subject, "x.sql");
  EXPECT_EQ(violations[1].subject, "migrations/V1");
  EXPECT_THAT(
      FindingsToStatus({{"CHECKSUM_MISMATCH", "V1", "", "m"}}),
      testing::HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kValidationFailed));
}

}  // namespace
}  // namespace storefront::migrator
