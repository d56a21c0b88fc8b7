// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_text_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "libs/testing/status_matchers.h"
#include "services/migrator/placeholders.h"

namespace storefront::migrator {
namespace {

using status::Reason;

FsTextStore Make(size_t spool_bytes, size_t max_text_bytes = size_t{1} << 30) {
  return FsTextStore({.folder = ::testing::TempDir(),
                      .spool_bytes = spool_bytes,
                      .max_text_bytes = max_text_bytes});
}

std::shared_ptr<const ScriptText> Keep(const FsTextStore& store, const std::string& text,
                                       size_t expected_bytes) {
  auto writer = store.NewWriter(expected_bytes);
  for (size_t at = 0; at < text.size(); at += 1000) {
    EXPECT_THAT(writer->Append(absl::string_view(text).substr(at, 1000)), testing::IsOk());
  }
  return writer->Finish().value();
}

std::string Rows(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST(FsTextStore, SmallTextsAreInMemoryLargeOnesAreNot) {
  const FsTextStore store = Make(100'000);
  const auto small = Keep(store, "select 1;", 9);
  EXPECT_EQ(small->view(), "select 1;");
  EXPECT_EQ(store.bytes_in_memory(), 9U);
  const std::string rows = Rows(3'000'000);
  for (const size_t expected : {rows.size(), size_t{0}}) {
    const auto large = Keep(store, rows, expected);
    EXPECT_EQ(store.bytes_in_memory(), 9U);
    EXPECT_EQ(large->view(), rows);
    large->Release(0, rows.size());
    EXPECT_EQ(large->view(), rows) << "it comes back";
  }
  EXPECT_EQ(Keep(store, "", 0)->view(), "");
}

TEST(FsTextStore, NoFileHasAName) {
  const std::filesystem::path folder = ::testing::TempDir() + "/text_store_names";
  std::filesystem::create_directories(folder);
  const FsTextStore store({.folder = folder.string(), .spool_bytes = 10});
  const auto text = Keep(store, Rows(100'000), 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(text->view().substr(0, 4), "0\n1\n");
}

TEST(FsTextStore, ManySmallTextsGoToFilesOnceMemoryIsUsedUp) {
  const FsTextStore store = Make(size_t{8} << 20);
  std::vector<std::shared_ptr<const ScriptText>> texts;
  const std::string rows = Rows(size_t{1} << 20);
  for (int i = 0; i < 64; ++i) texts.push_back(Keep(store, rows, rows.size()));
  EXPECT_LE(store.bytes_in_memory(), FsTextStore::kMemoryBytes);
  for (const auto& text : texts) EXPECT_EQ(text->view(), rows);
  texts.clear();
  EXPECT_EQ(store.bytes_in_memory(), 0U);
}

TEST(FsTextStore, ReplacedTextsAreKeptTheSameWay) {
  const FsTextStore store = Make(100'000);
  std::string rows, expected;
  for (int i = 0; i < 100'000; ++i) {
    rows += "row ${name} of many\n";
    expected += "row value of many\n";
  }
  const auto raw = Keep(store, rows, rows.size());
  const auto replaced =
      Placeholders::Make({.values = {{"name", "value"}}}).value().Replace(raw, {});
  ASSERT_THAT(replaced, testing::IsOk());
  EXPECT_EQ(replaced->text(), expected);
  EXPECT_EQ(store.bytes_in_memory(), 0U);
}

TEST(FsTextStore, WhatReplacementMakesTooLargeNamesTheSetting) {
  const FsTextStore store = Make(100'000, 200'000);
  const auto raw = Keep(store, "${a}${a}${a}", 12);
  const auto replaced =
      Placeholders::Make({.values = {{"a", std::string(100'000, 'x')}}}).value().Replace(raw, {});
  EXPECT_THAT(replaced,
              testing::HasReason(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded));
  EXPECT_EQ(status::DetailsOf(replaced.status()).metadata.at("setting"), "max_script_bytes");
}

TEST(FsTextStore, AFolderThatTakesNoFilesIsNamed) {
  const FsTextStore store({.folder = "/proc/self", .spool_bytes = 10});
  auto writer = store.NewWriter(0);
  const absl::Status failed = writer->Append("more than ten bytes");
  EXPECT_THAT(failed,
              testing::HasReason(absl::StatusCode::kFailedPrecondition, Reason::kInvalidSetting));
  EXPECT_EQ(status::DetailsOf(failed).metadata.at("setting"), "spool_folder");
}

}  // namespace
}  // namespace storefront::migrator
