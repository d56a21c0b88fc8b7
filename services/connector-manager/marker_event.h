// A change event of cdc_audit.marker, as Debezium's JSON has it.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::connectors {

struct MarkerEvent {
  std::string id;
  int64_t seq = 0;
  std::string source_lsn;  // "0/16B3748"; empty when the event has none
};

// With and without schema. Nothing when it is no JSON or no row of ours.
std::optional<MarkerEvent> ParseMarkerEvent(absl::string_view json);

// The id of the marker row of a connector: a UUID made from its name, so that a restart goes on
// with the same row.
std::string MarkerIdFor(absl::string_view connector);

}  // namespace storefront::connectors
