// Faults of a Debezium Postgres config that Connect's own validation lets pass, each of which ends
// in a pipeline that looks well and delivers nothing.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "services/connector-manager/finding.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

// Rules D3 to D8 and D12; nothing for other classes.
std::vector<Finding> LintConnector(const ConnectorConfig& config);

// "" when the key is absent.
std::string ValueOf(const ConnectorConfig& config, const std::string& key);

}  // namespace storefront::connectors
