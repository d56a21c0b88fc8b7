// What differs between a rendered config and the deployed one, and what a change may cost.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/connector-manager/rendered_config.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

enum class Risk {
  kNone,
  kSafe,      // records and position stay
  kContract,  // consumers see other records
  kIdentity,  // loss, or a new snapshot
};

struct ConfigChange {
  std::string key;
  std::optional<std::string> from, to;  // masked; nothing = not there
  Risk risk = Risk::kSafe;
  std::string note = {};
};

// Declared keys that differ, by key. Keys that only Connect has are not compared: it adds some.
std::vector<ConfigChange> DiffConfig(const RenderedConfig& rendered,
                                     const ConnectorConfig& deployed);

// True when every declared key is deployed with the same value.
bool IsEqualConfig(const ConnectorConfig& declared, const ConnectorConfig& deployed);

// The gravest; kNone when there are none.
Risk RiskOf(const std::vector<ConfigChange>& changes);

}  // namespace storefront::connectors
