// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/fs_template_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

using storefront::testing::HasReason;
using storefront::testing::IsOk;

class Files : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_ / "templates"); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
  }
  std::unique_ptr<TemplateSource> Source(int64_t templates_max = 10, int64_t bytes_max = 100) {
    return MakeFsTemplateSource({.folder = folder_ / "templates",
                                 .env_files = {folder_ / "a.env", folder_ / "b.env"},
                                 .templates_max = templates_max,
                                 .bytes_max = bytes_max,
                                 .environment = {{"A", "1"}}});
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / storefront::testing::UniqueName("templates");
};

TEST_F(Files, ListsTemplatesById) {
  Write("templates/b.template.json", "{}");
  Write("templates/a.template.json", "{\"x\":1}");
  Write("templates/README.md", "no template");
  const auto files = Source()->Templates();
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].id, "a");
  EXPECT_EQ((*files)[0].content, "{\"x\":1}");
}

TEST_F(Files, C10WhatIsNoRegularFileBelowTheFolderIsNoTemplate) {
  Write("outside.json", "{}");
  std::filesystem::create_symlink(folder_ / "outside.json",
                                  folder_ / "templates/link.template.json");
  std::filesystem::create_directory(folder_ / "templates/dir.template.json");
  ASSERT_EQ(mkfifo((folder_ / "templates/fifo.template.json").c_str(), 0600), 0);
  const auto files = Source()->Templates();
  ASSERT_THAT(files, IsOk());
  EXPECT_TRUE(files->empty());
  for (const char* id : {"link", "dir", "fifo", "none"}) {
    EXPECT_THAT(Source()->Template(id),
                HasReason(absl::StatusCode::kNotFound, status::Reason::kResourceNotFound));
  }
  for (const std::string& id : {std::string("../outside"), std::string("/etc/passwd"),
                                std::string(""), std::string("a\0b", 3)}) {
    EXPECT_THAT(Source()->Template(id),
                HasReason(absl::StatusCode::kInvalidArgument, status::Reason::kInvalidField));
  }
}

TEST_F(Files, CapsAreHeld) {
  Write("templates/a.template.json", std::string(101, ' '));
  EXPECT_THAT(Source()->Template("a"),
              HasReason(absl::StatusCode::kResourceExhausted, status::Reason::kLimitExceeded));
  Write("templates/a.template.json", std::string(100, ' '));
  EXPECT_THAT(Source()->Template("a"), IsOk());
  Write("templates/b.template.json", "");
  EXPECT_THAT(Source(1)->Templates(),
              HasReason(absl::StatusCode::kResourceExhausted, status::Reason::kLimitExceeded));
}

TEST_F(Files, AMissingFolderIsASetting) {
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(Source()->Templates(),
              HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kInvalidSetting));
}

TEST_F(Files, C9AMissingEnvFileHasNoContent) {
  Write("b.env", "K=v");
  const auto files = Source()->EnvFiles();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_FALSE(files[0].content.has_value());
  EXPECT_EQ(files[1].content, "K=v");
  EXPECT_EQ(files[1].name, "b.env");
}

TEST_F(Files, TheStateFolderIsForOneAndItsKeyStays) {
  const std::string path = folder_ / "state";
  std::string key;
  {
    const auto state = StateFolder::Open(path);
    ASSERT_THAT(state, IsOk());
    key = *(*state)->Key();
    EXPECT_EQ(key.size(), 32u);
    EXPECT_THAT(StateFolder::Open(path),
                HasReason(absl::StatusCode::kFailedPrecondition, status::Reason::kInvalidSetting));
  }
  const auto again = StateFolder::Open(path);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*(*again)->Key(), key);
}

}  // namespace
}  // namespace storefront::connectors
