// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/pipeline_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/strings/str_cat.h"
#include "libs/testing/status_matchers.h"
#include "services/connector-manager/fake_connector_domain.h"
#include "services/connector-manager/marker_event.h"

namespace storefront::connectors {
namespace {

using absl::StatusCode;
using status::Reason;
using storefront::testing::HasReason;
using storefront::testing::IsOk;

// A database and a topic in one: what is touched comes out as an event after `latency`.
struct FakePipeline final : MarkerStore, ChangeReader {
  explicit FakePipeline(storefront::testing::FakeClock& test_clock) : clock(test_clock) {}

  absl::StatusOr<int64_t> Touch(const std::string& id, const CallLimits&) override {
    ++seq;
    if (topic_appears_after_touch) topic_exists = true;
    if (flows) {
      events.push_back(absl::StrCat(R"({"after":{"id":")", id, R"(","seq":)", seq - lag,
                                    R"(},"source":{"lsn":4294967297}})"));
    }
    return seq;
  }
  absl::StatusOr<std::unique_ptr<ChangeStream>> OpenAtEnd(const std::string& topic) override {
    ++opened;
    last_topic = topic;
    if (!topic_exists) return absl::NotFoundError("no topic");
    events.clear();
    struct Stream final : ChangeStream {
      explicit Stream(FakePipeline& of) : pipeline(of) {}
      absl::StatusOr<std::optional<ChangeRecord>> Next(absl::Duration timeout) override {
        if (pipeline.events.empty()) {
          pipeline.clock.Advance(timeout);
          return std::optional<ChangeRecord>();
        }
        pipeline.clock.Advance(absl::Milliseconds(13));
        ChangeRecord record{0, ++pipeline.offset, pipeline.events.front()};
        pipeline.events.pop_front();
        return std::optional<ChangeRecord>(record);
      }
      FakePipeline& pipeline;
    };
    return std::unique_ptr<ChangeStream>(new Stream(*this));
  }

  storefront::testing::FakeClock& clock;
  bool flows = true;
  bool topic_exists = true;
  bool topic_appears_after_touch = false;
  int64_t lag = 0;
  int64_t seq = 0;
  int64_t offset = 0;
  int opened = 0;
  std::string last_topic;
  std::deque<std::string> events;
};

class Probe : public ::testing::Test, public ConnectorFixture {
 protected:
  void SetUp() override { ASSERT_THAT(apply.Apply({}, Limits()), IsOk()); }
  absl::StatusOr<ProbeResult> Verify() {
    return probe.Verify("orders", absl::Seconds(15), Limits());
  }

  FakePipeline pipeline{clock};
  PipelineProbe probe{connect, pipeline, pipeline, directory, probes, clock};
};

TEST_F(Probe, SeesItsOwnEventAndTellsTheLatency) {
  const auto result = Verify();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->latency, absl::Milliseconds(13));
  EXPECT_EQ(result->topic, "shop.cdc_audit.marker");
  EXPECT_EQ(result->source_lsn, "1/1");
  EXPECT_EQ(probes.Last("orders")->latency, absl::Milliseconds(13));
}

TEST_F(Probe, IsSharedWithinASecondAndNotLonger) {
  ASSERT_THAT(Verify(), IsOk());
  EXPECT_EQ(Verify()->offset, 1);
  EXPECT_EQ(pipeline.opened, 1);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Verify()->offset, 2);
}

TEST_F(Probe, AnOlderEventOfOursDoesNotCount) {
  pipeline.lag = 1;
  EXPECT_THAT(Verify(), HasReason(StatusCode::kDeadlineExceeded, Reason::kProbeNotSeen));
}

TEST_F(Probe, NotSeenSaysTheClassAndShowsInTheState) {
  pipeline.flows = false;
  source.SetSlots({ReadSlot("shop_slot", 0)});
  source.Fail(absl::UnavailableError("gone"));
  const auto missing = Verify();
  EXPECT_THAT(missing, HasReason(StatusCode::kDeadlineExceeded, Reason::kProbeNotSeen));
  EXPECT_EQ(status::DetailsOf(missing.status()).metadata.at("class"), "SOURCE_DOWN");
  EXPECT_FALSE(probes.Last("orders").has_value());
  source.Fail(absl::OkStatus());
  source.SetSlots({ReadSlot("shop_slot", 5)});
  EXPECT_EQ(directory.Get("orders", Limits())->state, ConnectorState::kDegraded);
  pipeline.flows = true;
  ASSERT_THAT(Verify(), IsOk());
  EXPECT_EQ(directory.Get("orders", Limits())->state, ConnectorState::kStreaming);
}

TEST_F(Probe, ATopicThatIsNotThereYetIsMadeByTheFirstEvent) {
  pipeline.topic_exists = false;
  pipeline.topic_appears_after_touch = true;
  ASSERT_THAT(Verify(), IsOk());
  EXPECT_EQ(pipeline.seq, 2);
}

TEST_F(Probe, UnknownConnectorAndOtherFormats) {
  EXPECT_THAT(probe.Verify("nobody", absl::Seconds(1), Limits()),
              HasReason(StatusCode::kNotFound, Reason::kResourceNotFound));
  ASSERT_THAT(connect.PutConfig("avro", {{"value.converter", "x.AvroConverter"}}, Limits()),
              IsOk());
  EXPECT_THAT(probe.Verify("avro", absl::Seconds(1), Limits()),
              HasReason(StatusCode::kFailedPrecondition, Reason::kProbeFormatUnknown));
}

}  // namespace
}  // namespace storefront::connectors
