// What kind of failure a text of Connect, Debezium or Postgres tells of.
//
// Traces hold no SQLSTATE and Postgres' words follow lc_messages: Debezium's words come first.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

// By gravity for a person: the first that fits counts.
enum class FailureClass {
  kConnectDown,
  kKafkaDown,
  kHeld,
  kNeedsReset,
  kCredentials,
  kPublication,
  kRole,
  kConfig,
  kCapacity,
  kWaitingTransaction,
  kSnapshotting,
  kStalled,
  kSourceDown,
  kSlotTaken,
  kUnknown,
};

absl::string_view FailureClassName(FailureClass failure);  // "NEEDS_RESET"
// What a person does about it; "" = it heals by itself.
absl::string_view FixFor(FailureClass failure);

// Nothing when no pattern fits.
std::optional<FailureClass> ClassifyText(absl::string_view text);

// Class and message of each exception of a Java trace, one a line, redacted and cut: all of a trace
// that may be shown.
std::string ShownTrace(absl::string_view trace, const Redactor& redactor);

}  // namespace storefront::connectors
