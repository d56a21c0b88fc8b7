// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/failure_class.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace storefront::connectors {
namespace {

struct Pattern {
  FailureClass failure;
  absl::string_view text;
};

constexpr Pattern kPatterns[] = {
    {FailureClass::kNeedsReset, "no longer available on the server"},
    {FailureClass::kNeedsReset, "can no longer access replication slot"},
    {FailureClass::kCredentials, "password authentication failed"},
    {FailureClass::kCredentials, "no password was provided"},
    {FailureClass::kPublication, "Publication autocreation is disabled"},
    {FailureClass::kPublication, "Unable to create filtered publication"},
    {FailureClass::kRole, "permission denied to start WAL sender"},
    {FailureClass::kRole, "must be superuser or replication role"},
    {FailureClass::kRole, "permission denied for"},
    {FailureClass::kConfig, "may not be used as an output plugin"},
    {FailureClass::kConfig, "Guardrail limit exceeded"},
    {FailureClass::kConfig, "Unable to create topic(s)"},
    {FailureClass::kCapacity, "all replication slots are in use"},
    {FailureClass::kCapacity, "too many connections"},
    {FailureClass::kCapacity, "remaining connection slots are reserved"},
    {FailureClass::kSlotTaken, "is active for PID"},
    {FailureClass::kSourceDown, "Connection refused"},
    {FailureClass::kSourceDown, "Connection to "},
    {FailureClass::kSourceDown, "The connection attempt failed"},
    {FailureClass::kSourceDown, "UnknownHostException"},
    {FailureClass::kSourceDown, "the database system is starting up"},
    {FailureClass::kSourceDown, "the database system is shutting down"},
};

constexpr size_t kLineBytesMax = 300;
constexpr size_t kLinesMax = 8;

}  // namespace

absl::string_view FailureClassName(FailureClass failure) {
  switch (failure) {
    case FailureClass::kConnectDown:
      return "CONNECT_DOWN";
    case FailureClass::kKafkaDown:
      return "KAFKA_DOWN";
    case FailureClass::kHeld:
      return "HELD";
    case FailureClass::kNeedsReset:
      return "NEEDS_RESET";
    case FailureClass::kCredentials:
      return "CREDENTIALS";
    case FailureClass::kPublication:
      return "PUBLICATION";
    case FailureClass::kRole:
      return "ROLE";
    case FailureClass::kConfig:
      return "CONFIG";
    case FailureClass::kCapacity:
      return "CAPACITY";
    case FailureClass::kWaitingTransaction:
      return "WAITING_TRANSACTION";
    case FailureClass::kSnapshotting:
      return "SNAPSHOTTING";
    case FailureClass::kStalled:
      return "STALLED";
    case FailureClass::kSourceDown:
      return "SOURCE_DOWN";
    case FailureClass::kSlotTaken:
      return "SLOT_TAKEN";
    case FailureClass::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

absl::string_view FixFor(FailureClass failure) {
  switch (failure) {
    case FailureClass::kConnectDown:
      return "Start Kafka Connect; it goes on where it was.";
    case FailureClass::kKafkaDown:
      return "Start Kafka; the connector goes on where it was.";
    case FailureClass::kHeld:
      return "Resume the connector when it shall run on.";
    case FailureClass::kNeedsReset:
      return "Only a new snapshot makes the topics true again: delete the connector with its "
             "offsets "
             "and its slot, then apply.";
    case FailureClass::kCredentials:
      return "Correct the password in Connect's secrets file (or of the role), then restart the "
             "connector.";
    case FailureClass::kPublication:
      return "Run the migrations: they make the publication. If it was made after the slot, the "
             "connector needs a new snapshot.";
    case FailureClass::kRole:
      return "Give the connector's role LOGIN, REPLICATION and SELECT on the captured tables (the "
             "migrations do).";
    case FailureClass::kConfig:
      return "Correct the template and apply.";
    case FailureClass::kCapacity:
      return "Free replication slots or connections, or raise the server's limits.";
    case FailureClass::kWaitingTransaction:
      return "End the open transaction that slot creation waits for.";
    case FailureClass::kSnapshotting:
    case FailureClass::kStalled:
      return "";
    case FailureClass::kSourceDown:
      return "Start Postgres; Debezium connects again by itself.";
    case FailureClass::kSlotTaken:
      return "Stop the other reader of the slot.";
    case FailureClass::kUnknown:
      return "Read the task's trace; restart the connector once its cause is gone.";
  }
  return "";
}

std::optional<FailureClass> ClassifyText(absl::string_view text) {
  for (const Pattern& pattern : kPatterns) {
    if (absl::StrContains(text, pattern.text)) return pattern.failure;
  }
  return std::nullopt;
}

std::string ShownTrace(absl::string_view trace, const Redactor& redactor) {
  std::vector<std::string> shown;
  for (absl::string_view line : absl::StrSplit(trace, '\n')) {
    const bool is_frame = absl::StartsWith(line, "\t") || absl::StartsWith(line, " ");
    const bool is_cause = shown.empty() || absl::StartsWith(line, "Caused by: ");
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || is_frame || !is_cause) continue;
    shown.push_back(redactor.Redact(line).substr(0, kLineBytesMax));
    if (shown.size() == kLinesMax) break;
  }
  return absl::StrJoin(shown, "\n");
}

}  // namespace storefront::connectors
