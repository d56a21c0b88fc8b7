// What every ConnectApi does, also on the real Kafka Connect.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/clock/clock.h"
#include "libs/testing/poll.h"
#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

struct ConnectUnderTest {
  std::shared_ptr<void> keep_alive;  // what `api` stands on
  std::unique_ptr<ConnectApi> api;
  clock::Clock* clock = nullptr;
  // A config that Connect takes and that can run.
  std::function<ConnectorConfig(const std::string& name)> good_config;
};

class ConnectApiContract : public ::testing::TestWithParam<std::function<ConnectUnderTest()>> {
 protected:
  void SetUp() override { connect_ = GetParam()(); }
  void TearDown() override {
    for (const std::string& name : names_) {
      // Not found is fine: the test may have deleted it.
      static_cast<void>(connect_.api->Stop(name, Limits()));
      static_cast<void>(connect_.api->Delete(name, Limits()));
    }
  }

  CallLimits Limits(absl::Duration time = absl::Seconds(60)) const {
    return {connect_.clock->Steady() + time, {}};
  }
  std::string NewName(const std::string& prefix) {
    names_.push_back(storefront::testing::UniqueName(prefix));
    return names_.back();
  }
  ConnectorConfig Put(const std::string& name) {
    ConnectorConfig config = connect_.good_config(name);
    EXPECT_THAT(api().PutConfig(name, config, Limits()), storefront::testing::IsOk());
    return config;
  }
  bool Reaches(const std::string& name, const std::string& state, size_t tasks) {
    return storefront::testing::PollUntil(
        [&] {
          const auto status = api().GetStatus(name, Limits());
          if (!status.ok() || status->state != state || status->tasks.size() != tasks) return false;
          return tasks == 0 || status->tasks[0].state == state;
        },
        absl::Seconds(60));
  }
  ConnectApi& api() { return *connect_.api; }

  ConnectUnderTest connect_;
  std::vector<std::string> names_;
};

TEST_P(ConnectApiContract, IsHealthyAndSaysWhatItIs) {
  EXPECT_EQ(api().Health(Limits()), ConnectHealth::kHealthy);
  const auto worker = api().Worker(Limits());
  ASSERT_THAT(worker, storefront::testing::IsOk());
  EXPECT_FALSE(worker->version.empty());
  EXPECT_FALSE(worker->kafka_cluster_id.empty());
  const auto plugins = api().Plugins(Limits());
  ASSERT_THAT(plugins, storefront::testing::IsOk());
  EXPECT_THAT(*plugins, ::testing::Contains(::testing::Field(
                            &ConnectPlugin::plugin_class,
                            "io.debezium.connector.postgresql.PostgresConnector")));
}

TEST_P(ConnectApiContract, C12AnUnknownConnectorIsNotFound) {
  using storefront::testing::HasReason;
  const auto not_found = HasReason(absl::StatusCode::kNotFound, status::Reason::kResourceNotFound);
  const std::string name = storefront::testing::UniqueName("absent");
  EXPECT_THAT(api().GetConfig(name, Limits()), not_found);
  EXPECT_THAT(api().GetStatus(name, Limits()), not_found);
  EXPECT_THAT(api().GetTasks(name, Limits()), not_found);
  EXPECT_THAT(api().Delete(name, Limits()), not_found);
  EXPECT_THAT(api().Stop(name, Limits()), not_found);
}

TEST_P(ConnectApiContract, PutCreatesThenReplaces) {
  const std::string name = NewName("put");
  ConnectorConfig config = Put(name);
  ASSERT_TRUE(Reaches(name, "RUNNING", 1));
  config["poll.interval.ms"] = "77";
  ASSERT_THAT(api().PutConfig(name, config, Limits()), storefront::testing::IsOk());
  const auto stored = api().GetConfig(name, Limits());
  ASSERT_THAT(stored, storefront::testing::IsOk());
  config["name"] = name;
  for (const auto& [key, value] : config) EXPECT_EQ(stored->at(key), value) << key;
  const auto all = api().List(Limits());
  ASSERT_THAT(all, storefront::testing::IsOk());
  ASSERT_TRUE(all->contains(name));
  EXPECT_EQ(all->at(name).config, *stored);
  EXPECT_TRUE(storefront::testing::PollUntil([&] {
    const auto tasks = api().GetTasks(name, Limits());
    return tasks.ok() && tasks->size() == 1 && (*tasks)[0].at("poll.interval.ms") == "77";
  }));
}

TEST_P(ConnectApiContract, ReferencesComeBackUnresolved) {
  const std::string name = NewName("reference");
  ConnectorConfig config = connect_.good_config(name);
  // An unknown provider: Connect leaves the text alone.
  config["custom.metric.tags"] = "a=${none:such}";
  ASSERT_THAT(api().PutConfig(name, config, Limits()), storefront::testing::IsOk());
  EXPECT_EQ(api().GetConfig(name, Limits())->at("custom.metric.tags"), "a=${none:such}");
}

TEST_P(ConnectApiContract, ARefusedConfigNamesItsFaults) {
  const std::string name = NewName("refused");
  ConnectorConfig config = connect_.good_config(name);
  config.erase("topic.prefix");
  const absl::Status status = api().PutConfig(name, config, Limits());
  EXPECT_THAT(status, storefront::testing::HasReason(absl::StatusCode::kInvalidArgument,
                                                     status::Reason::kConnectorConfigInvalid));
  EXPECT_FALSE(status::DetailsOf(status).fields.empty());
  EXPECT_TRUE(absl::IsNotFound(api().GetConfig(name, Limits()).status()));
}

TEST_P(ConnectApiContract, PauseResumeStopAndRestart) {
  const std::string name = NewName("held");
  Put(name);
  ASSERT_TRUE(Reaches(name, "RUNNING", 1));
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_THAT(api().Pause(name, Limits()), storefront::testing::IsOk());
  }
  EXPECT_TRUE(Reaches(name, "PAUSED", 1));
  EXPECT_THAT(api().Resume(name, Limits()), storefront::testing::IsOk());
  EXPECT_TRUE(Reaches(name, "RUNNING", 1));
  EXPECT_THAT(api().Restart(name, /*only_failed=*/false, Limits()), storefront::testing::IsOk());
  EXPECT_TRUE(Reaches(name, "RUNNING", 1));
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_THAT(api().Stop(name, Limits()), storefront::testing::IsOk());
  }
  EXPECT_TRUE(Reaches(name, "STOPPED", 0));
}

TEST_P(ConnectApiContract, OffsetsAreDeletedOnlyWhileStopped) {
  const std::string name = NewName("offsets");
  Put(name);
  ASSERT_TRUE(Reaches(name, "RUNNING", 1));
  EXPECT_THAT(api().DeleteOffsets(name, Limits()),
              storefront::testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                             status::Reason::kConnectorState));
  ASSERT_THAT(api().Stop(name, Limits()), storefront::testing::IsOk());
  ASSERT_TRUE(Reaches(name, "STOPPED", 0));
  EXPECT_THAT(api().DeleteOffsets(name, Limits()), storefront::testing::IsOk());
  const auto offsets = api().GetOffsets(name, Limits());
  ASSERT_THAT(offsets, storefront::testing::IsOk());
  EXPECT_TRUE(offsets->empty());
}

TEST_P(ConnectApiContract, C12NamesArePercentEncoded) {
  const std::string name = NewName("odd \xC3\xBC+&#=");
  Put(name);
  EXPECT_TRUE(Reaches(name, "RUNNING", 1));
  EXPECT_TRUE(api().List(Limits())->contains(name));
  EXPECT_THAT(api().Delete(name, Limits()), storefront::testing::IsOk());
  EXPECT_TRUE(storefront::testing::PollUntil(
      [&] { return absl::IsNotFound(api().GetConfig(name, Limits()).status()); }));
}

}  // namespace storefront::connectors
