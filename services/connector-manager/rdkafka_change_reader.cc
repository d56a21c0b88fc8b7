// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/rdkafka_change_reader.h"

#include <utility>

#include "libs/kafka/consumer.h"
#include "libs/status/macros.h"

namespace storefront::connectors {
namespace {

class RdkafkaChangeStream final : public ChangeStream {
 public:
  explicit RdkafkaChangeStream(std::unique_ptr<kafka::Consumer> consumer)
      : consumer_(std::move(consumer)) {}

  absl::StatusOr<std::optional<ChangeRecord>> Next(absl::Duration timeout) override {
    ASSIGN_OR_RETURN(std::optional<kafka::Record> record, consumer_->Poll(timeout));
    if (!record) return std::optional<ChangeRecord>();
    return std::optional<ChangeRecord>(
        ChangeRecord{record->partition, record->offset, std::move(record->value)});
  }

 private:
  std::unique_ptr<kafka::Consumer> consumer_;
};

class RdkafkaChangeReader final : public ChangeReader {
 public:
  explicit RdkafkaChangeReader(std::string bootstrap_servers)
      : bootstrap_servers_(std::move(bootstrap_servers)) {}

  absl::StatusOr<std::unique_ptr<ChangeStream>> OpenAtEnd(const std::string& topic) override {
    ASSIGN_OR_RETURN(auto consumer,
                     kafka::Consumer::Create({.bootstrap_servers = bootstrap_servers_,
                                              .client_id = "storefront-connector-manager",
                                              .request_timeout = absl::Seconds(5)}));
    RETURN_IF_ERROR(consumer->AssignAtEnd({topic}));
    return std::unique_ptr<ChangeStream>(new RdkafkaChangeStream(std::move(consumer)));
  }

 private:
  const std::string bootstrap_servers_;
};

}  // namespace

std::unique_ptr<ChangeReader> MakeRdkafkaChangeReader(std::string bootstrap_servers) {
  return std::make_unique<RdkafkaChangeReader>(std::move(bootstrap_servers));
}

}  // namespace storefront::connectors
