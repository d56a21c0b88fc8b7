// SPDX-License-Identifier: Apache-2.0
#include "cli/settings_rows.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace storefront::cli {

const std::vector<config::Setting>& SettingRows() {
  using config::Kind;
  static const auto& rows = *new std::vector<config::Setting>{
      {.name = "output",
       .kind = Kind::kChoice,
       .default_value = "table",
       .doc = "Form of the answer on stdout; json equals the REST answer.",
       .choices = {"table", "wide", "json", "jsonl", "yaml", "name"}},
      {.name = "timeout",
       .kind = Kind::kDuration,
       .default_value = "30s",
       .min = 0.001,
       .max = 86400,
       .doc = "Longest time for a call, repeats of a call that found nobody included."},
      {.name = "color",
       .kind = Kind::kChoice,
       .default_value = "auto",
       .doc = "Colours; auto is a terminal without NO_COLOR.",
       .choices = {"auto", "always", "never"}},
      {.name = "seeder_address",
       .default_value = "127.0.0.1:50051",
       .doc = "Where the seeder listens, host:port.",
       .required = true},
      {.name = "migrator_address",
       .default_value = "127.0.0.1:50052",
       .doc = "Where the migrator listens, host:port.",
       .required = true},
      {.name = "connector_manager_address",
       .default_value = "127.0.0.1:50053",
       .doc = "Where the connector-manager listens, host:port.",
       .required = true},
      {.name = "topic_admin_address",
       .default_value = "127.0.0.1:50054",
       .doc = "Where the topic-admin listens, host:port.",
       .required = true},
      {.name = "gateway_address",
       .default_value = "127.0.0.1:8000",
       .doc = "Where the gateway listens, host:port; for doctor, status and the banner."},
      {.name = "postgres_address",
       .default_value = "127.0.0.1:4444",
       .doc = "Where Postgres listens, host:port; for doctor and the banner."},
      {.name = "kafka_address",
       .default_value = "127.0.0.1:9092",
       .doc = "Where Kafka listens, host:port; for doctor and the banner."},
      {.name = "connect_address",
       .default_value = "127.0.0.1:8083",
       .doc = "Where Kafka Connect listens, host:port; for doctor and the banner."},
      {.name = "connector",
       .doc = "Connector that ready, wait event, probe and doctor ask about; none = the only one."},
      {.name = "logs",
       .default_value = ".storefront/logs",
       .doc = "Folder with the logs of the stack's processes; doctor names the file to read."},
  };
  return rows;
}

std::string FlagName(absl::string_view setting) {
  return absl::StrReplaceAll(setting, {{"_", "-"}});
}

std::string ValueName(const config::Setting& row) {
  if (!row.choices.empty()) return absl::StrJoin(row.choices, "|");
  if (row.kind == config::Kind::kDuration) return "DURATION";
  if (absl::EndsWith(row.name, "_address")) return "HOST:PORT";
  if (row.name == "logs") return "FOLDER";
  return "NAME";
}

}  // namespace storefront::cli
