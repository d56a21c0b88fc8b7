// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_script_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {
namespace {

namespace fs = std::filesystem;
using status::Reason;
using ::testing::ElementsAre;

class FsScriptSourceTest : public ::testing::Test {
 protected:
  FsScriptSourceTest() : root_(::testing::TempDir() + "/" + Name()), folder_(root_ / "scripts") {
    fs::remove_all(root_);
    fs::create_directories(folder_);
  }
  ~FsScriptSourceTest() override { fs::remove_all(root_); }

  static std::string Name() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }
  FsScriptSource Make(FsScriptSourceOptions options = {}) {
    options.locations = {folder_.string()};
    return FsScriptSource(options, clock_);
  }
  static std::vector<std::string> Paths(FsScriptSource& source) {
    std::vector<std::string> paths;
    const auto files = source.List();
    if (!files.ok()) return {std::string(status::ReasonName(status::ReasonOf(files.status())))};
    for (const SourceFile& file : files->files) paths.push_back(file.path);
    return paths;
  }
  Reason ReadReason(FsScriptSource& source, const std::string& path) {
    return status::ReasonOf(source.Read({folder_.string(), path}).status());
  }

  const fs::path root_, folder_;
  testing::FakeClock clock_{absl::FromUnixSeconds(4'000'000'000)};  // later than any file here
};

TEST_F(FsScriptSourceTest, ListsRecursivelyWithoutDotFolders) {
  Write("V1__a.sql", "");
  Write("sub/deep/V2__b.SQL", "");
  Write(".git/V3__c.sql", "");
  Write(".V4__hidden.sql", "");
  Write("readme.md", "");
  Write("V1__a.sql.conf", "");
  FsScriptSource source = Make();
  EXPECT_THAT(Paths(source),
              ElementsAre(".V4__hidden.sql", "V1__a.sql", "V1__a.sql.conf", "sub/deep/V2__b.SQL"));
}

TEST_F(FsScriptSourceTest, AMissingLocationIsNamed) {
  fs::remove_all(folder_);
  FsScriptSource source = Make();
  EXPECT_THAT(Paths(source), ElementsAre("LOCATION_NOT_FOUND"));
}

TEST_F(FsScriptSourceTest, M11OnlyRegularFilesBelowTheLocation) {
  Write("real/text", "select 1;");
  Write("V1__ok.sql", "x");
  std::ofstream(root_ / "outside.sql") << "secret";
  fs::create_symlink("real/text", folder_ / "V2__inside.sql");
  fs::create_symlink(root_ / "outside.sql", folder_ / "V3__out.sql");
  fs::create_symlink("../outside.sql", folder_ / "V4__up.sql");
  ASSERT_EQ(mkfifo((folder_ / "V5__pipe.sql").c_str(), 0600), 0);
  fs::create_symlink(".", folder_ / "loop");
  FsScriptSource source = Make();
  EXPECT_THAT(Paths(source), ElementsAre("V1__ok.sql", "V2__inside.sql", "V3__out.sql",
                                         "V4__up.sql", "V5__pipe.sql"));
  EXPECT_EQ(source.Read({folder_.string(), "V2__inside.sql"})->text->view(), "select 1;");
  EXPECT_EQ(ReadReason(source, "V3__out.sql"), Reason::kUnsafeFile);
  EXPECT_EQ(ReadReason(source, "V4__up.sql"), Reason::kUnsafeFile);
  EXPECT_EQ(ReadReason(source, "V5__pipe.sql"), Reason::kUnsafeFile);
  EXPECT_EQ(ReadReason(source, "../outside.sql"), Reason::kUnsafeFile);
}

TEST_F(FsScriptSourceTest, M6BadEncodingAndLimits) {
  Write("V1__latin.sql", "select '\xE9';");
  Write("V2__large.sql", std::string(2000, 'x'));
  FsScriptSource source = Make({.max_files = 2, .max_script_bytes = 1024});
  const auto latin = source.Read({folder_.string(), "V1__latin.sql"});
  EXPECT_THAT(latin,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidEncoding));
  EXPECT_EQ(status::DetailsOf(latin.status()).metadata.at("offset"), "8");
  EXPECT_EQ(ReadReason(source, "V2__large.sql"), Reason::kLimitExceeded);
  Write("V3__more.sql", "");
  EXPECT_THAT(Paths(source), ElementsAre("LIMIT_EXCEEDED"));
}

TEST_F(FsScriptSourceTest, AChangedFileHasItsNewChecksum) {
  Write("V1__a.sql", "one");
  FsScriptSource source = Make();
  const SourceFile file{folder_.string(), "V1__a.sql"};
  const int32_t first = source.Checksum(file).value();
  EXPECT_EQ(source.Checksum(file).value(), first);
  EXPECT_THAT(Paths(source), ElementsAre("V1__a.sql"));
  EXPECT_EQ(source.Checksum(file).value(), first);
  Write("V1__a.sql", "other");
  EXPECT_THAT(Paths(source), ElementsAre("V1__a.sql"));
  EXPECT_NE(source.Checksum(file).value(), first);
}

TEST_F(FsScriptSourceTest, TheVersionIsThatOfAListWithTheSameFilesAtRest) {
  Write("V1__a.sql", "one");
  FsScriptSource source = Make();
  const auto version = [&] { return source.List()->version; };
  const auto first = version();
  ASSERT_TRUE(first);
  EXPECT_EQ(version(), first);
  Write("readme.md", "no script");
  EXPECT_EQ(version(), first);
  Write("V1__a.sql", "two");
  const auto second = version();
  EXPECT_NE(second, first);
  Write("V2__b.sql", "");
  EXPECT_NE(version(), second);
  fs::remove(folder_ / "V2__b.sql");
  EXPECT_NE(version(), second) << "it was another one in between";
  fs::create_symlink("nowhere", folder_ / "V3__c.sql");
  EXPECT_FALSE(version()) << "what it is cannot be told";
}

TEST_F(FsScriptSourceTest, M11ALinkThatLedElsewhereForAMomentIsSeenAsItIs) {
  Write("texts/one", "one");
  Write("texts/two", "two");
  const auto lead_to = [&](const std::string& text) {
    fs::remove(folder_ / "V1__a.sql");
    fs::create_symlink("texts/" + text, folder_ / "V1__a.sql");
  };
  for (const bool whole : {false, true}) {
    SCOPED_TRACE(whole);
    FsScriptSource source = Make();
    const SourceFile file{folder_.string(), "V1__a.sql"};
    lead_to("one");
    const auto listed = source.List()->version;
    ASSERT_TRUE(listed);
    lead_to("two");
    EXPECT_EQ(whole ? source.Read(file)->checksum : source.Checksum(file).value(),
              ScriptChecksum("two"));
    lead_to("one");
    EXPECT_NE(source.List()->version, listed) << "what was made then may be of the other file";
    EXPECT_EQ(source.Checksum(file).value(), ScriptChecksum("one"));
  }
}

TEST_F(FsScriptSourceTest, AFileThatChangedAMomentAgoHasNoVersion) {
  Write("V1__a.sql", "one");
  testing::FakeClock now(absl::Now());
  FsScriptSourceOptions options;
  options.locations = {folder_.string()};
  FsScriptSource source(options, now);
  EXPECT_FALSE(source.List()->version);
  now.Advance(absl::Seconds(3));
  EXPECT_TRUE(source.List()->version);
}

}  // namespace
}  // namespace storefront::migrator
