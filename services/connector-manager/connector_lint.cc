// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_lint.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/connector-manager/key_policy.h"

namespace storefront::connectors {

std::string ValueOf(const ConnectorConfig& config, const std::string& key) {
  const auto found = config.find(key);
  return found == config.end() ? "" : found->second;
}

std::vector<Finding> LintConnector(const ConnectorConfig& config) {
  std::vector<Finding> findings;
  if (ValueOf(config, "connector.class") != kDebeziumPostgres) return findings;
  const auto error = [&findings](std::string rule, std::string key, std::string message) {
    findings.push_back({.severity = Severity::kError,
                        .rule = std::move(rule),
                        .message = std::move(message),
                        .key = std::move(key)});
  };
  const auto value = [&config](const char* key) { return ValueOf(config, key); };

  if (value("plugin.name") != "pgoutput") {
    error("D3", "plugin.name",
          "must be pgoutput; the default is a plugin that Postgres does not have");
  }
  // The defaults are shared by every connector that forgets the key.
  for (const auto& [key, usual] :
       {std::pair{"slot.name", "debezium"}, std::pair{"publication.name", "dbz_publication"},
        std::pair{"topic.prefix", ""}}) {
    if (value(key).empty()) {
      error("D4", key, "must be set: two connectors with the same one take each other's changes");
    } else if (value(key) == usual) {
      error("D4", key,
            absl::StrCat("is Debezium's default, \"", usual, "\"; choose a name of its own"));
    }
  }
  if (value("publication.autocreate.mode") != "disabled") {
    error("D5", "publication.autocreate.mode",
          "must be disabled: migrations own the publication, and creating one needs a superuser");
  }
  if (value("heartbeat.interval.ms").empty() || value("heartbeat.interval.ms") == "0" ||
      value("heartbeat.action.query").empty()) {
    error(
        "D6", "heartbeat.action.query",
        "a heartbeat needs heartbeat.interval.ms and heartbeat.action.query: without, WAL of other "
        "tables fills the disk behind the slot");
  }
  const std::string flush = value("lsn.flush.mode");
  const std::string mismatch = value("offset.mismatch.strategy");
  if (flush == "manual") {
    error("D7", "lsn.flush.mode", "manual never moves the slot");
  } else if (flush == "connector_and_driver" && mismatch != "trust_slot" &&
             mismatch != "trust_greater_lsn") {
    error(
        "D7", "lsn.flush.mode",
        "connector_and_driver lets the slot overtake the offset; the next restart fails for good");
  }
  if (value("slot.drop.on.stop") == "true") {
    error("D8", "slot.drop.on.stop", "must not be true: each stop would lose changes");
  }
  for (const auto& [key, ignored] : config) {
    if (absl::StartsWith(key, "internal.")) {
      error("D8", key, "internal settings of Debezium are not for use");
    }
  }
  if (value("topic.creation.default.replication.factor").empty() ||
      value("topic.creation.default.partitions").empty()) {
    error("D12", "topic.creation.default.partitions",
          "topic.creation.default.* must be set: without topics the connector runs and is silent");
  }
  return findings;
}

}  // namespace storefront::connectors
