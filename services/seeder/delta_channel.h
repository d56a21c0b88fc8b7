// One session that carries batches, many in flight, each a transaction of its own.
//
// Thread-safety: none; one object per worker. Lifetime: plain.
// Source: libpq pipeline mode; a segment closed by Sync is a transaction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/seeder/business_change.h"

namespace storefront::seeder {

// What became of a batch. `table` names the table of the failed statement; "batch" is the ledger.
struct BatchResult {
  absl::Status status;  // metadata `sqlstate`
  std::string table;
};

class DeltaChannel {
 public:
  virtual ~DeltaChannel() = default;

  // Makes a session; ends the old one first, forgetting what was in flight.
  // UNAVAILABLE; FAILED_PRECONDITION DATABASE_PERMISSION or DATABASE_OBJECT.
  virtual absl::Status Connect() = 0;

  // Puts a batch on its way; may block only while the socket is full. UNAVAILABLE when the session
  // is lost: then it is unknown whether this batch and those in flight are committed.
  virtual absl::Status Send(const Batch& batch) = 0;

  // The result of the oldest batch in flight; nothing at `until`, at once if it is past.
  // UNAVAILABLE when the session is lost; CANCELLED when `stop` was requested.
  // A batch's own failure is in the result and never disturbs the batches behind it.
  virtual absl::StatusOr<std::optional<BatchResult>> Receive(clock::SteadyTime until,
                                                             const std::stop_token& stop) = 0;

  // Asks the server to end the statement that runs now (for cancel).
  virtual void Cancel() = 0;
};

using MakeDeltaChannel = std::function<std::unique_ptr<DeltaChannel>()>;

// SQLSTATE of seeder.assert_count: a statement touched other rows than the ledger row says.
inline constexpr char kCountMismatch[] = "SD001";

}  // namespace storefront::seeder
