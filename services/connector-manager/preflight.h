// Whether the database will let a connector deliver, asked before anything is applied.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "services/connector-manager/finding.h"
#include "services/connector-manager/secret_keys.h"
#include "services/connector-manager/source_catalog.h"

namespace storefront::connectors {

// What to ask the source for this config.
SourceQuestion QuestionFor(const ConnectorConfig& config);

// Errors and warnings, rule "PREFLIGHT_…". `has_slot`: the connector's own slot exists already.
std::vector<Finding> Preflight(const ConnectorConfig& config, const SourceFacts& facts,
                               bool has_slot);

}  // namespace storefront::connectors
