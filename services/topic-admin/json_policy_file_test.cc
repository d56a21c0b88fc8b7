// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "libs/testing/fake_clock.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::topics {
namespace {

using absl::StatusCode;
using ::storefront::status::Reason;
using ::storefront::testing::HasReason;
using ::storefront::testing::IsOk;

class JsonPolicyFileTest : public ::testing::Test {
 protected:
  JsonPolicyFileTest()
      : folder_(std::filesystem::temp_directory_path() /
                ::storefront::testing::UniqueName("policy")),
        path_(folder_ / "policy.json") {
    std::filesystem::create_directory(folder_);
  }
  ~JsonPolicyFileTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  std::unique_ptr<PolicyFile> File() {
    return MakeJsonPolicyFile(path_, {}, clock_, [this](bool valid) { valid_ = valid; });
  }
  std::string PathOfProblem(const std::string& text) {
    Write(text);
    const auto read = File()->Read();
    EXPECT_THAT(read, HasReason(StatusCode::kFailedPrecondition, Reason::kPolicyInvalid));
    const auto fields = status::DetailsOf(read.status()).fields;
    return fields.empty() ? "" : fields[0].field;
  }

  std::filesystem::path folder_, path_;
  storefront::testing::FakeClock clock_;
  bool valid_ = false;
};

TEST_F(JsonPolicyFileTest, ReadsTheShippedPolicy) {
  const auto file = MakeJsonPolicyFile("topics/policy.json", {}, clock_);
  const auto loaded = file->Read();
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->policy.rules.size(), 5U);
  EXPECT_EQ(loaded->policy.rules[0].wish.configs.at("delete.retention.ms"), "86400000");
  EXPECT_EQ(loaded->policy.rules[0].wish.configs.at("cleanup.policy"), "delete");
  ASSERT_EQ(loaded->policy.topics.size(), 5U);
  for (const TopicEntry& entry : loaded->policy.topics) EXPECT_EQ(entry.partitions, 3);
  EXPECT_TRUE(loaded->findings.empty());
}

TEST_F(JsonPolicyFileTest, NamesThePlaceOfAProblem) {
  EXPECT_EQ(PathOfProblem(R"({"version":"1","version":"1"})"), "1:16");
  EXPECT_EQ(PathOfProblem(R"({"version":"1","rules":[{"id":"a","bogus":1}]})"), "rules[0].bogus");
  EXPECT_EQ(PathOfProblem(R"({"version":"1","topics":[{"name":"a","partitions":"x"}]})"),
            "topics[0].partitions");
  EXPECT_EQ(
      PathOfProblem(R"({"version":"1","rules":[{"id":"a","match":{"prefix":"x"},"keys":7}]})"),
      "rules[0].keys");
  EXPECT_EQ(PathOfProblem(R"({"version":"2"})"), "version");
  EXPECT_FALSE(valid_);
}

TEST_F(JsonPolicyFileTest, AMissingFileAFolderAFifoAndAHugeFileAreRefusedInTime) {
  EXPECT_THAT(File()->Read(), HasReason(StatusCode::kFailedPrecondition, Reason::kPolicyInvalid));
  std::filesystem::create_directory(path_);
  EXPECT_THAT(File()->Read(), HasReason(StatusCode::kFailedPrecondition, Reason::kPolicyInvalid));
  std::filesystem::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(File()->Read(), HasReason(StatusCode::kFailedPrecondition, Reason::kPolicyInvalid));
  std::filesystem::remove(path_);
  Write(std::string(kMaxPolicyBytes + 1, ' '));
  EXPECT_THAT(File()->Read(), HasReason(StatusCode::kFailedPrecondition, Reason::kPolicyInvalid));
}

TEST_F(JsonPolicyFileTest, AChangeShowsInTheNextRead) {
  Write(R"({"version":"1"})");
  const auto file = File();
  const auto before = file->Read();
  ASSERT_THAT(before, IsOk());
  EXPECT_TRUE(valid_);
  Write(R"({"version":"1","topics":[{"name":"a"}]})");
  const auto after = file->Read();
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->policy.topics.size(), 1U);
  EXPECT_NE(before->etag, after->etag);
}

TEST_F(JsonPolicyFileTest, ParseJudgesATextWithoutTheFile) {
  EXPECT_THAT(File()->Parse(R"({"version":"1"})"), IsOk());
  EXPECT_THAT(File()->Parse("{"), HasReason(StatusCode::kInvalidArgument, Reason::kPolicyInvalid));
}

}  // namespace
}  // namespace storefront::topics
