// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/fake_cluster_admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/kafka/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/config_value.h"
#include "services/topic-admin/topic_name.h"

namespace storefront::topics {
namespace {

constexpr size_t kMaxPartitionsPerRequest = 10'000;

struct Default {
  const char* key;
  const char* value;
  const char* broker_key;  // empty: the broker reports no synonym
};
constexpr Default kDefaults[] = {
    {"cleanup.policy", "delete", "log.cleanup.policy"},
    {"compression.gzip.level", "-1", "compression.gzip.level"},
    {"compression.lz4.level", "9", "compression.lz4.level"},
    {"compression.type", "producer", "compression.type"},
    {"compression.zstd.level", "3", "compression.zstd.level"},
    {"delete.retention.ms", "86400000", "log.cleaner.delete.retention.ms"},
    {"file.delete.delay.ms", "60000", "log.segment.delete.delay.ms"},
    {"flush.messages", "9223372036854775807", "log.flush.interval.messages"},
    {"flush.ms", "9223372036854775807", ""},
    {"follower.replication.throttled.replicas", "", ""},
    {"index.interval.bytes", "4096", "log.index.interval.bytes"},
    {"leader.replication.throttled.replicas", "", ""},
    {"local.retention.bytes", "-2", "log.local.retention.bytes"},
    {"local.retention.ms", "-2", "log.local.retention.ms"},
    {"max.compaction.lag.ms", "9223372036854775807", "log.cleaner.max.compaction.lag.ms"},
    {"max.message.bytes", "1048588", "message.max.bytes"},
    {"message.timestamp.after.max.ms", "3600000", "log.message.timestamp.after.max.ms"},
    {"message.timestamp.before.max.ms", "9223372036854775807",
     "log.message.timestamp.before.max.ms"},
    {"message.timestamp.type", "CreateTime", "log.message.timestamp.type"},
    {"min.cleanable.dirty.ratio", "0.5", "log.cleaner.min.cleanable.ratio"},
    {"min.compaction.lag.ms", "0", "log.cleaner.min.compaction.lag.ms"},
    {"min.insync.replicas", "1", "min.insync.replicas"},
    {"preallocate", "false", "log.preallocate"},
    {"remote.log.copy.disable", "false", ""},
    {"remote.log.delete.on.disable", "false", ""},
    {"remote.storage.enable", "false", ""},
    {"retention.bytes", "-1", "log.retention.bytes"},
    {"retention.ms", "604800000", ""},
    {"segment.bytes", "1073741824", "log.segment.bytes"},
    {"segment.index.bytes", "10485760", "log.index.size.max.bytes"},
    {"segment.jitter.ms", "0", ""},
    {"segment.ms", "604800000", ""},
    {"unclean.leader.election.enable", "false", "unclean.leader.election.enable"},
};

TopicOutcome Refuse(rd_kafka_resp_err_t code, const std::string& topic, const std::string& text) {
  return {.status = kafka::FromKafka(code, absl::StrCat("topic ", topic), text),
          .kafka_code = code,
          .broker_text = text};
}

// What the broker itself accepts, which is less than our policy file does.
bool IsAccepted(const std::string& key, const std::string& text) {
  const std::string value(absl::StripAsciiWhitespace(text));
  int64_t number = 0;
  switch (KindOf(key)) {
    case ConfigKind::kUnknown:
      return false;
    case ConfigKind::kText:
      return key != "message.timestamp.type" || value == "CreateTime" || value == "LogAppendTime";
    case ConfigKind::kList: {
      if (key != "cleanup.policy") return true;
      const std::vector<std::string> items = absl::StrSplit(value, ',', absl::SkipWhitespace());
      return std::all_of(items.begin(), items.end(), [](const std::string& item) {
        const auto trimmed = absl::StripAsciiWhitespace(item);
        return trimmed == "compact" || trimmed == "delete";
      });
    }
    case ConfigKind::kBool:
    case ConfigKind::kNumber:
      return CanonicalValue(key, value).ok();
    case ConfigKind::kInteger:
    case ConfigKind::kDuration:
    case ConfigKind::kSize:
      if (!absl::SimpleAtoi(value, &number)) return false;
      if (key == "segment.bytes") return number >= (int64_t{1} << 20);
      return number >= (key == "retention.ms" || key == "retention.bytes" ? -1 : -2);
  }
  return false;
}

// Both lags as they would be; the broker refuses a minimum above the maximum.
std::string ConfigProblem(const std::map<std::string, std::string>& overrides) {
  for (const auto& [key, value] : overrides) {
    if (KindOf(key) == ConfigKind::kUnknown) {
      return absl::StrCat("Unknown topic config name: ", key);
    }
    if (!IsAccepted(key, value)) {
      return absl::StrCat("Invalid value ", value, " for configuration ", key);
    }
  }
  const auto lag = [&](const std::string& key) {
    const auto found = overrides.find(key);
    const std::string& value =
        found == overrides.end() ? DefaultTopicConfigs().at(key).value : found->second;
    return Magnitude(key, value).value_or(0);
  };
  if (lag("min.compaction.lag.ms") > lag("max.compaction.lag.ms")) {
    return "conflict topic config setting min.compaction.lag.ms > max.compaction.lag.ms";
  }
  return "";
}

absl::Status Down() {
  return kafka::FromKafka(RD_KAFKA_RESP_ERR__TIMED_OUT, "fake", "the fake is down");
}

size_t Units(size_t topics, int64_t partitions) {
  return std::max(topics, static_cast<size_t>(std::max<int64_t>(0, partitions)));
}

}  // namespace

const TopicConfigs& DefaultTopicConfigs() {
  static const TopicConfigs& configs = *[] {
    auto* made = new TopicConfigs;
    for (const Default& row : kDefaults) {
      ConfigEntry entry = {.value = row.value, .source = ConfigSource::kDefault};
      if (absl::string_view(row.key) == "min.insync.replicas") {
        entry.source = ConfigSource::kDynamicDefaultBroker;
        entry.synonyms.push_back({row.broker_key, row.value, entry.source});
      }
      if (*row.broker_key != 0) {
        entry.synonyms.push_back({row.broker_key, row.value, ConfigSource::kDefault});
      }
      (*made)[row.key] = std::move(entry);
    }
    return made;
  }();
  return configs;
}

FakeClusterAdmin::FakeClusterAdmin(clock::Clock& clock, int32_t brokers)
    : clock_(clock), brokers_(brokers) {}

absl::Status FakeClusterAdmin::Begin(Api api, std::optional<Fault>& fault) {
  std::function<void(Api)> hook;
  {
    sync::MutexLock lock(mutex_);
    hook = hook_;
  }
  if (hook) hook(api);
  sync::MutexLock lock(mutex_);
  if (down_) return Down();
  auto& faults = faults_[api];
  if (faults.empty()) return absl::OkStatus();
  fault = faults.front();
  faults.pop_front();
  return fault->when == Fault::When::kInstead ? fault->status : absl::OkStatus();
}

const FakeClusterAdmin::Topic* FakeClusterAdmin::Visible(const std::string& name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end() || clock_.Steady() < found->second.visible_at) return nullptr;
  return &found->second;
}

absl::StatusOr<ClusterInfo> FakeClusterAdmin::DescribeCluster(const CallLimits&) {
  std::optional<Fault> fault;
  RETURN_IF_ERROR(Begin(Api::kDescribeCluster, fault));
  ClusterInfo info = {.cluster_id = "fake-cluster", .controller_id = 1};
  for (int32_t id = 1; id <= brokers_; ++id) {
    info.brokers.push_back({.id = id, .host = "127.0.0.1", .port = 9091 + id});
  }
  return info;
}

absl::StatusOr<std::vector<std::string>> FakeClusterAdmin::ListTopics(const CallLimits&) {
  std::optional<Fault> fault;
  RETURN_IF_ERROR(Begin(Api::kListTopics, fault));
  sync::MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) {
    if (Visible(name) != nullptr) names.push_back(name);
  }
  return names;
}

absl::StatusOr<ByTopic<absl::StatusOr<TopicState>>> FakeClusterAdmin::DescribeTopics(
    const std::vector<std::string>& names, const CallLimits&) {
  std::optional<Fault> fault;
  RETURN_IF_ERROR(Begin(Api::kDescribeTopics, fault));
  sync::MutexLock lock(mutex_);
  ByTopic<absl::StatusOr<TopicState>> answer;
  for (const std::string& name : names) {
    const Topic* topic = Visible(name);
    if (topic == nullptr) {
      answer.emplace(name, Refuse(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, name, "").status);
      continue;
    }
    TopicState state = {.name = name, .topic_id = topic->id, .internal = topic->internal};
    for (int32_t id = 0; id < topic->partitions; ++id) {
      PartitionState partition = {.id = id, .leader = topic->leaderless ? -1 : 1 + id % brokers_};
      for (int32_t i = 0; i < topic->replication_factor; ++i) {
        partition.replicas.push_back(1 + (id + i) % brokers_);
      }
      partition.in_sync_replicas = partition.replicas;
      state.partitions.push_back(std::move(partition));
    }
    answer.emplace(name, std::move(state));
  }
  return answer;
}

absl::StatusOr<ByTopic<absl::StatusOr<TopicConfigs>>> FakeClusterAdmin::DescribeConfigs(
    const std::vector<std::string>& names, const CallLimits&) {
  std::optional<Fault> fault;
  RETURN_IF_ERROR(Begin(Api::kDescribeConfigs, fault));
  sync::MutexLock lock(mutex_);
  ByTopic<absl::StatusOr<TopicConfigs>> answer;
  for (const std::string& name : names) {
    const Topic* topic = Visible(name);
    if (topic == nullptr) {
      answer.emplace(name, Refuse(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, name, "").status);
      continue;
    }
    TopicConfigs configs = DefaultTopicConfigs();
    for (const auto& [key, value] : topic->overrides) {
      ConfigEntry& entry = configs[key];
      entry.value = value;
      entry.source = ConfigSource::kTopic;
      entry.synonyms.insert(entry.synonyms.begin(), {key, value, ConfigSource::kTopic});
    }
    answer.emplace(name, std::move(configs));
  }
  return answer;
}

template <typename Item, typename One>
absl::StatusOr<ByTopic<TopicOutcome>> FakeClusterAdmin::Change(Api api,
                                                               const std::vector<Item>& items,
                                                               bool validate_only, size_t units,
                                                               One one) {
  std::optional<Fault> fault;
  if (!validate_only) {
    RETURN_IF_ERROR(Begin(api, fault));
  }
  sync::MutexLock lock(mutex_);
  if (down_) return Down();
  Call call = {.api = api};
  ByTopic<TopicOutcome> answer;
  for (const Item& item : items) {
    call.topics.push_back(item.name);
    if (answer.contains(item.name)) {
      return kafka::FromKafka(RD_KAFKA_RESP_ERR__INVALID_ARG, "fake", "a name is there twice");
    }
    if (fault && fault->when == Fault::When::kPerTopic) {
      answer[item.name] = {fault->status, fault->kafka_code, "injected"};
    } else if (units > kMaxPartitionsPerRequest) {
      answer[item.name] = Refuse(RD_KAFKA_RESP_ERR_POLICY_VIOLATION, item.name,
                                 "Excessively large number of partitions per request.");
    } else {
      answer[item.name] = one(item);
    }
  }
  if (!validate_only) changes_.push_back(std::move(call));
  if (fault && fault->when == Fault::When::kAfter) return fault->status;
  return answer;
}

absl::StatusOr<ByTopic<TopicOutcome>> FakeClusterAdmin::CreateTopics(
    const std::vector<NewTopic>& topics, bool validate_only, const CallLimits&) {
  int64_t partitions = 0;
  for (const NewTopic& topic : topics) partitions += std::max(1, topic.partitions);
  return Change(Api::kCreateTopics, topics, validate_only, Units(topics.size(), partitions),
                [&](const NewTopic& topic)
                    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Create(topic, validate_only); });
}

absl::StatusOr<ByTopic<TopicOutcome>> FakeClusterAdmin::AlterConfigs(
    const std::vector<TopicAlteration>& topics, bool validate_only, const CallLimits&) {
  return Change(Api::kAlterConfigs, topics, validate_only, topics.size(),
                [&](const TopicAlteration& topic)
                    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Alter(topic, validate_only); });
}

absl::StatusOr<ByTopic<TopicOutcome>> FakeClusterAdmin::AddPartitions(
    const std::vector<PartitionAddition>& topics, bool validate_only, const CallLimits&) {
  return Change(Api::kAddPartitions, topics, validate_only, topics.size(),
                [&](const PartitionAddition& topic)
                    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Add(topic, validate_only); });
}

absl::StatusOr<ByTopic<TopicOutcome>> FakeClusterAdmin::DeleteTopics(
    const std::vector<std::string>& names, const CallLimits&) {
  std::vector<TopicAlteration> items;
  for (const std::string& name : names) items.push_back({.name = name});
  return Change(Api::kDeleteTopics, items, false, names.size(),
                [&](const TopicAlteration& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                  if (topics_.erase(item.name) == 1) return TopicOutcome{};
                  return Refuse(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, item.name,
                                "This server does not host this topic-partition.");
                });
}

TopicOutcome FakeClusterAdmin::Create(const NewTopic& topic, bool validate_only) {
  if (const std::string problem = TopicNameProblem(topic.name); !problem.empty()) {
    return Refuse(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, topic.name, problem);
  }
  for (const auto& [name, existing] : topics_) {
    if (name == topic.name) {
      return Refuse(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, name,
                    absl::StrCat("Topic '", name, "' already exists."));
    }
    if (MetricName(name) == MetricName(topic.name)) {
      return Refuse(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, topic.name,
                    absl::StrCat("Topic '", topic.name, "' collides with existing topic: ", name));
    }
  }
  if (topic.partitions == 0 || topic.partitions < -1) {
    return Refuse(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, topic.name,
                  "Number of partitions was set to an invalid non-positive value.");
  }
  if (topic.replication_factor > brokers_) {
    return Refuse(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, topic.name,
                  absl::StrCat("Unable to replicate the partition ", topic.replication_factor,
                               " time(s): only ", brokers_, " broker(s) are registered."));
  }
  if (const std::string problem = ConfigProblem(topic.configs); !problem.empty()) {
    return Refuse(RD_KAFKA_RESP_ERR_INVALID_CONFIG, topic.name, problem);
  }
  if (validate_only) return {};
  Topic made = {.id = absl::StrCat("id-", ++last_id_),
                .partitions = topic.partitions < 0 ? 1 : topic.partitions,
                .replication_factor = topic.replication_factor < 0 ? 1 : topic.replication_factor,
                .visible_at = clock_.Steady() + visibility_delay_};
  for (const auto& [key, value] : topic.configs) {
    made.overrides[key] = CanonicalValue(key, absl::StripAsciiWhitespace(value)).value_or(value);
  }
  topics_[topic.name] = std::move(made);
  return {};
}

TopicOutcome FakeClusterAdmin::Alter(const TopicAlteration& topic, bool validate_only) {
  const auto found = topics_.find(topic.name);
  if (found == topics_.end()) {
    return Refuse(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic.name,
                  absl::StrCat("The topic '", topic.name, "' does not exist."));
  }
  std::map<std::string, std::string> next = found->second.overrides;
  for (const auto& [key, value] : topic.configs) {
    if (!value) {
      next.erase(key);  // also for keys that are not set or not known: accepted in silence
    } else {
      next[key] = *value;
    }
  }
  if (const std::string problem = ConfigProblem(next); !problem.empty()) {
    return Refuse(RD_KAFKA_RESP_ERR_INVALID_CONFIG, topic.name, problem);
  }
  for (auto& [key, value] : next) {
    value = CanonicalValue(key, absl::StripAsciiWhitespace(value)).value_or(value);
  }
  if (!validate_only) found->second.overrides = std::move(next);
  return {};
}

TopicOutcome FakeClusterAdmin::Add(const PartitionAddition& topic, bool validate_only) {
  const auto found = topics_.find(topic.name);
  if (found == topics_.end()) {
    return Refuse(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic.name,
                  "This server does not host this topic-partition.");
  }
  if (topic.total <= found->second.partitions) {
    return Refuse(
        RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, topic.name,
        absl::StrCat("The topic ", topic.name, " currently has ", found->second.partitions,
                     " partition(s); ", topic.total, " would not be an increase."));
  }
  if (topic.total - found->second.partitions > static_cast<int32_t>(kMaxPartitionsPerRequest)) {
    return Refuse(RD_KAFKA_RESP_ERR_UNKNOWN, topic.name, "");
  }
  if (!validate_only) found->second.partitions = topic.total;
  return {};
}

void FakeClusterAdmin::Inject(Api api, Fault fault) {
  sync::MutexLock lock(mutex_);
  faults_[api].push_back(std::move(fault));
}

void FakeClusterAdmin::SetDown(bool down) {
  sync::MutexLock lock(mutex_);
  down_ = down;
}

void FakeClusterAdmin::SetVisibilityDelay(absl::Duration delay) {
  sync::MutexLock lock(mutex_);
  visibility_delay_ = delay;
}

void FakeClusterAdmin::SetHook(std::function<void(Api)> hook) {
  sync::MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

void FakeClusterAdmin::Make(const NewTopic& topic, bool internal) {
  sync::MutexLock lock(mutex_);
  Create(topic, /*validate_only=*/false);
  topics_.at(topic.name).internal = internal;
}

void FakeClusterAdmin::Override(const std::string& topic, const std::string& key,
                                const std::optional<std::string>& value) {
  sync::MutexLock lock(mutex_);
  Alter({.name = topic, .configs = {{key, value}}}, /*validate_only=*/false);
}

void FakeClusterAdmin::LoseLeader(const std::string& topic) {
  sync::MutexLock lock(mutex_);
  topics_.at(topic).leaderless = true;
}

std::map<std::string, std::string> FakeClusterAdmin::Overrides(const std::string& topic) const {
  sync::MutexLock lock(mutex_);
  return topics_.at(topic).overrides;
}

bool FakeClusterAdmin::Has(const std::string& topic) const {
  sync::MutexLock lock(mutex_);
  return topics_.contains(topic);
}

size_t FakeClusterAdmin::PartitionCount(const std::string& topic) const {
  sync::MutexLock lock(mutex_);
  return static_cast<size_t>(topics_.at(topic).partitions);
}

std::vector<FakeClusterAdmin::Call> FakeClusterAdmin::Changes() const {
  sync::MutexLock lock(mutex_);
  return changes_;
}

}  // namespace storefront::topics
