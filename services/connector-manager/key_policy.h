// Which config keys and values a connector may have, whatever Connect would accept.
//
// Thread-safety: pure functions. Source: docs/adr (connector policy), CVE-2023-25194,
// CVE-2025-27817.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "services/connector-manager/finding.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

inline constexpr absl::string_view kDebeziumPostgres =
    "io.debezium.connector.postgresql.PostgresConnector";
// The one heartbeat statement that needs no permission: it writes WAL, not a table.
inline constexpr absl::string_view kHeartbeatQuery =
    "SELECT pg_logical_emit_message(false, 'storefront-heartbeat', now()::text)";

struct KeyPolicy {
  std::vector<std::string> allowed_classes;
  std::vector<std::string> allowed_hosts;
  std::string bootstrap_servers;  // ours: the only ones a signal channel may name
  bool allow_custom_sql = false;
};

// Errors only; values are not shown.
std::vector<Finding> CheckKeys(const ConnectorConfig& config, const KeyPolicy& policy);

}  // namespace storefront::connectors
