// absl::Status with what a caller needs to act: reason, fields, preconditions, retry time.
//
// Thread-safety: values and pure functions.
// Source: AIP-193 and google/rpc/error_details.proto for the shapes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/status/reason.h"

namespace storefront::status {

// A field of the request that is wrong: `field` is its proto path (`load.rows[orders]`).
struct FieldViolation {
  std::string field;
  std::string description;
  bool operator==(const FieldViolation&) const = default;
};

// A state that must change before the call can succeed.
struct PreconditionViolation {
  std::string type;     // a class of violation, in CAPITALS: "RISK_FLAG"
  std::string subject;  // what it concerns: a topic, a migration
  std::string description;
  bool operator==(const PreconditionViolation&) const = default;
};

// The resource that an error is about.
struct ResourceRef {
  std::string type;  // "seedRuns"
  std::string name;  // "seedRuns/full-12"
  bool operator==(const ResourceRef&) const = default;
};

struct ErrorSpec {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  Reason reason = Reason::kUnspecified;
  // What was wrong and what to do, for the caller. No secret, host, or text of a driver.
  std::string message;
  std::map<std::string, std::string> metadata = {};
  std::vector<FieldViolation> fields = {};
  std::vector<PreconditionViolation> preconditions = {};
  std::optional<absl::Duration> retry_after = {};
  std::optional<ResourceRef> resource = {};
  // The private cause: goes to the log only, never over the wire.
  std::string internal = {};
};

// Makes the status. kOk is not an error: INTERNAL is returned instead.
absl::Status Error(ErrorSpec spec);

// INVALID_ARGUMENT INVALID_FIELD for one field; `description` says what is wrong and what is
// allowed.
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// INVALID_ARGUMENT INVALID_FIELD for several, all at once; OK when there are none.
absl::Status InvalidFields(std::vector<FieldViolation> fields);

// Everything but code and message; empty members where the status carries none.
ErrorSpec DetailsOf(const absl::Status& status);

// kUnspecified for a status that none of the builders made.
Reason ReasonOf(const absl::Status& status);

// The same error with another message in front: "apply V3: …". OK stays OK.
absl::Status Prefix(absl::string_view prefix, const absl::Status& status);

}  // namespace storefront::status
