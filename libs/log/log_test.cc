// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/log/log.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#include "libs/log/event.h"
#include "libs/log/sink.h"

namespace storefront::log {
namespace {

class Capture final : public absl::LogSink {
 public:
  Capture() { absl::AddLogSink(this); }
  ~Capture() override { absl::RemoveLogSink(this); }
  void Send(const absl::LogEntry& entry) override {
    json.push_back(FormatLine(entry, "seeder", Format::kJson));
    text.push_back(FormatLine(entry, "seeder", Format::kText));
  }
  std::vector<std::string> json, text;
};

TEST(FormatLine, AnEventIsOneJsonObjectWithFixedKeys) {
  Capture capture;
  LOG(WARNING) << Event("chunk_committed",
                        {{"rows", 5}, {"rate", 1.5}, {"done", true}, {"table", "or\"ders\n"}});
  ASSERT_EQ(capture.json.size(), 1u);
  const auto line = nlohmann::json::parse(capture.json[0]);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["service"], "seeder");
  EXPECT_EQ(line["event"], "chunk_committed");
  EXPECT_EQ(line["rows"], 5);
  EXPECT_EQ(line["rate"], 1.5);
  EXPECT_EQ(line["done"], true);
  EXPECT_EQ(line["table"], "or\"ders\n");
  EXPECT_TRUE(line.contains("ts"));
  EXPECT_EQ(capture.text[0].find('\n'), std::string::npos);
}

TEST(FormatLine, AMessageWithoutEventIsStillJson) {
  Capture capture;
  LOG(INFO) << "plain \"text\"";
  const auto line = nlohmann::json::parse(capture.json.at(0));
  EXPECT_EQ(line["event"], "message");
  EXPECT_EQ(line["text"], "plain \"text\"");
}

TEST(FormatLine, BadUtf8AndNanStayValidJson) {
  Capture capture;
  LOG(INFO) << Event("odd",
                     {{"bytes", "\xff\xfe"}, {"nan", std::numeric_limits<double>::quiet_NaN()}});
  const auto line = nlohmann::json::parse(capture.json.at(0));
  EXPECT_TRUE(line["bytes"].is_string());
  EXPECT_TRUE(line["nan"].is_null());
}

}  // namespace
}  // namespace storefront::log
