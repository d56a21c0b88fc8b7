// Values of topic settings: how people write them, how Kafka reports them, when two are equal.
//
// Pure functions.
// Source: Kafka 4.3.1, org.apache.kafka.storage.internals.log.LogConfig; forms seen on a broker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::topics {

enum class ConfigKind {
  kUnknown,   // not in our catalogue: compared as text
  kText,      // words with a fixed spelling
  kList,      // comma-separated, compared as a set
  kBool,      // true or false, any case
  kInteger,   // a bare integer
  kNumber,    // a double
  kDuration,  // integer of ms; also 500ms 10s 30m 24h 7d 2w forever
  kSize,      // integer of bytes; also B KiB MiB GiB TiB forever
};

// The kind of a topic setting by Kafka's name.
ConfigKind KindOf(absl::string_view key);

// The value in Kafka's own form: "7d" becomes "604800000", "forever" the largest value that the key
// knows (-1; Int64 max for max.compaction.lag.ms), "TRUE" "true", lists sorted and without blanks.
// INVALID_ARGUMENT with a sentence for what the key's kind does not allow. Unknown keys pass as is.
absl::StatusOr<std::string> CanonicalValue(absl::string_view key, absl::string_view text);

// True when both mean the same to Kafka (0.50 and 0.5; "a, b" and "b,a"). Text that does not parse
// is compared byte by byte.
bool SameValue(absl::string_view key, absl::string_view a, absl::string_view b);

// The number in a canonical value of kind integer, duration or size; unlimited (-1 where the key
// knows it) becomes Int64 max, so that greater means longer. Nothing for other kinds.
std::optional<int64_t> Magnitude(absl::string_view key, absl::string_view canonical);

// True when the list has the item (cleanup.policy has "compact").
bool ListHas(absl::string_view list, absl::string_view item);

}  // namespace storefront::topics
