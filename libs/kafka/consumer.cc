// SPDX-License-Identifier: Apache-2.0
#include "libs/kafka/consumer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/kafka/admin_client.h"
#include "libs/kafka/errors.h"
#include "libs/kafka/handles.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::kafka {
namespace {

int TimeoutMs(absl::Duration duration) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 0, 3'600'000));
}

std::optional<std::string> Bytes(const void* data, size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

class RdkafkaConsumer final : public Consumer {
 public:
  RdkafkaConsumer(rd_kafka_t* rk, absl::Duration request_timeout)
      : rk_(rk), request_timeout_(request_timeout) {}
  ~RdkafkaConsumer() override {
    // There is no group to leave, so nothing is worth waiting for.
    rd_kafka_destroy_flags(rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  RdkafkaConsumer(const RdkafkaConsumer&) = delete;
  RdkafkaConsumer& operator=(const RdkafkaConsumer&) = delete;

  absl::Status AssignAtEnd(const std::vector<std::string>& topics) override {
    const PartitionListPtr partitions(rd_kafka_topic_partition_list_new(8));
    for (const std::string& topic : topics) {
      ASSIGN_OR_RETURN(const int count, PartitionCount(topic));
      for (int partition = 0; partition < count; ++partition) {
        // The end is asked for here, not left to the fetcher: otherwise it would be resolved at
        // the first fetch, and records written in between would be missed.
        int64_t low = 0;
        int64_t high = 0;
        const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            rk_, topic.c_str(), partition, &low, &high, TimeoutMs(request_timeout_));
        RETURN_IF_ERROR(FromKafka(code, absl::StrCat("end offset of ", topic, "/", partition),
                                  rd_kafka_err2str(code)));
        rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), partition)->offset =
            high;
      }
    }
    const rd_kafka_resp_err_t code = rd_kafka_assign(rk_, partitions.get());
    return FromKafka(code, "assign partitions", rd_kafka_err2str(code));
  }

  absl::StatusOr<std::optional<Record>> Poll(absl::Duration timeout) override {
    const MessagePtr message(rd_kafka_consumer_poll(rk_, TimeoutMs(timeout)));
    if (message == nullptr) return std::nullopt;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::nullopt;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return FromKafka(message->err, "read records", rd_kafka_message_errstr(message.get()));
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    Record record = {.topic = rd_kafka_topic_name(message->rkt),
                     .partition = message->partition,
                     .offset = message->offset,
                     .timestamp_ms = rd_kafka_message_timestamp(message.get(), &type),
                     .key = Bytes(message->key, message->key_len),
                     .value = Bytes(message->payload, message->len)};
    return std::optional<Record>(std::move(record));
  }

 private:
  absl::StatusOr<int> PartitionCount(const std::string& topic) {
    const std::string what = absl::StrCat("partitions of ", topic);
    const std::unique_ptr<rd_kafka_topic_t, Destroyer<&rd_kafka_topic_destroy>> handle(
        rd_kafka_topic_new(rk_, topic.c_str(), nullptr));
    if (handle == nullptr) {
      const rd_kafka_resp_err_t code = rd_kafka_last_error();
      return FromKafka(code, what, rd_kafka_err2str(code));
    }
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(rk_, 0, handle.get(), &raw, TimeoutMs(request_timeout_));
    RETURN_IF_ERROR(FromKafka(code, what, rd_kafka_err2str(code)));
    const std::unique_ptr<const rd_kafka_metadata_t, Destroyer<&rd_kafka_metadata_destroy>>
        metadata(raw);
    if (metadata->topic_cnt != 1) {
      return FromKafka(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, what, "not in the answer");
    }
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    RETURN_IF_ERROR(FromKafka(found.err, what, rd_kafka_err2str(found.err)));
    return found.partition_cnt;
  }

  rd_kafka_t* const rk_;
  const absl::Duration request_timeout_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Consumer>> Consumer::Create(const ConsumerSettings& settings) {
  ConfPtr conf(rd_kafka_conf_new());
  RETURN_IF_ERROR(SetConf(*conf, "bootstrap.servers", settings.bootstrap_servers));
  RETURN_IF_ERROR(SetConf(*conf, "client.id", settings.client_id));
  // librdkafka wants a group id for any consumer; with assign() and without commits the broker
  // never hears of it.
  RETURN_IF_ERROR(SetConf(*conf, "group.id", settings.client_id));
  RETURN_IF_ERROR(SetConf(*conf, "enable.auto.commit", "false"));
  RETURN_IF_ERROR(SetConf(*conf, "enable.auto.offset.store", "false"));
  RETURN_IF_ERROR(SetConf(*conf, "allow.auto.create.topics", "false"));
  RETURN_IF_ERROR(SetConf(*conf, "auto.offset.reset", "earliest"));
  RETURN_IF_ERROR(SetConf(*conf, "isolation.level", "read_committed"));
  RETURN_IF_ERROR(SetConf(*conf, "reconnect.backoff.max.ms", "1000"));
  RETURN_IF_ERROR(SetConf(*conf, "fetch.wait.max.ms", "100"));
  RouteLogs(*conf);
  std::array<char, 512> text = {};
  rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), text.data(), text.size());
  if (rk == nullptr) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = status::Reason::kInvalidSetting,
                          .message = absl::StrCat("Kafka consumer: ", text.data())});
  }
  static_cast<void>(conf.release());  // the handle owns it now
  rd_kafka_poll_set_consumer(rk);
  return std::make_unique<RdkafkaConsumer>(rk, settings.request_timeout);
}

}  // namespace storefront::kafka
