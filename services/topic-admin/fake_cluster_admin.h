// A Kafka cluster in memory that answers as Kafka 4.3.1 does; fake_cluster_admin_test.cc runs the
// contract suite on it that also runs on a real broker.
//
// Not simulated: compaction, records, several brokers losing each other.
// Thread-safety: all methods.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/topic-admin/cluster_admin.h"

namespace storefront::topics {

class FakeClusterAdmin final : public ClusterAdmin {
 public:
  explicit FakeClusterAdmin(clock::Clock& clock, int32_t brokers = 1);

  absl::StatusOr<ClusterInfo> DescribeCluster(const CallLimits& limits) override;
  absl::StatusOr<std::vector<std::string>> ListTopics(const CallLimits& limits) override;
  absl::StatusOr<ByTopic<absl::StatusOr<TopicState>>> DescribeTopics(
      const std::vector<std::string>& names, const CallLimits& limits) override;
  absl::StatusOr<ByTopic<absl::StatusOr<TopicConfigs>>> DescribeConfigs(
      const std::vector<std::string>& names, const CallLimits& limits) override;
  absl::StatusOr<ByTopic<TopicOutcome>> CreateTopics(const std::vector<NewTopic>& topics,
                                                     bool validate_only,
                                                     const CallLimits& limits) override;
  absl::StatusOr<ByTopic<TopicOutcome>> AlterConfigs(const std::vector<TopicAlteration>& topics,
                                                     bool validate_only,
                                                     const CallLimits& limits) override;
  absl::StatusOr<ByTopic<TopicOutcome>> AddPartitions(const std::vector<PartitionAddition>& topics,
                                                      bool validate_only,
                                                      const CallLimits& limits) override;
  absl::StatusOr<ByTopic<TopicOutcome>> DeleteTopics(const std::vector<std::string>& names,
                                                     const CallLimits& limits) override;

  // ---- What a test sets and sees ----

  enum class Api {
    kDescribeCluster,
    kListTopics,
    kDescribeTopics,
    kDescribeConfigs,
    kCreateTopics,
    kAlterConfigs,
    kAddPartitions,
    kDeleteTopics,
  };
  // One fault for the next call of an api that is not validate_only.
  struct Fault {
    enum class When {
      kInstead,   // the call fails, nothing happens
      kAfter,     // it happens, the answer is lost
      kPerTopic,  // nothing happens, every topic answers with `status` and `kafka_code`
    };
    When when = When::kInstead;
    absl::Status status;
    int32_t kafka_code = 0;
  };
  void Inject(Api api, Fault fault);
  // Every call fails with UNAVAILABLE until set to false again.
  void SetDown(bool down);
  // What was created is described only this long afterwards (T9).
  void SetVisibilityDelay(absl::Duration delay);
  // Called before each call, without the lock: to change the cluster in between.
  void SetHook(std::function<void(Api)> hook);
  // Makes a topic at once, as somebody else would.
  void Make(const NewTopic& topic, bool internal = false);
  // Sets or removes one override, as somebody else would.
  void Override(const std::string& topic, const std::string& key,
                const std::optional<std::string>& value);
  void LoseLeader(const std::string& topic);
  std::map<std::string, std::string> Overrides(const std::string& topic) const;
  bool Has(const std::string& topic) const;
  size_t PartitionCount(const std::string& topic) const;
  // Calls that were not validate_only: api and the topics named.
  struct Call {
    Api api;
    std::vector<std::string> topics;
  };
  std::vector<Call> Changes() const;

 private:
  struct Topic {
    std::string id;
    bool internal = false;
    bool leaderless = false;
    int32_t partitions = 1;
    int32_t replication_factor = 1;
    std::map<std::string, std::string> overrides;
    clock::SteadyTime visible_at;
  };
  absl::Status Begin(Api api, std::optional<Fault>& fault);
  TopicOutcome Create(const NewTopic& topic, bool validate_only)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TopicOutcome Alter(const TopicAlteration& topic, bool validate_only)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TopicOutcome Add(const PartitionAddition& topic, bool validate_only)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Topic* Visible(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Item, typename One>
  absl::StatusOr<ByTopic<TopicOutcome>> Change(Api api, const std::vector<Item>& items,
                                               bool validate_only, size_t units, One one);

  clock::Clock& clock_;
  const int32_t brokers_;
  mutable sync::Mutex mutex_;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<Api, std::deque<Fault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> changes_ ABSL_GUARDED_BY(mutex_);
  std::function<void(Api)> hook_ ABSL_GUARDED_BY(mutex_);
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration visibility_delay_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  int last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The 33 topic settings of Kafka 4.3.1 with their defaults; min.insync.replicas as a fresh cluster
// has it (dynamic default of the brokers).
const TopicConfigs& DefaultTopicConfigs();

}  // namespace storefront::topics
