// The history as an onlooker sees it: reads without the lock, beside a run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/history_row.h"
#include "services/migrator/migration_connection.h"

namespace storefront::migrator {

struct HistoryView {
  ServerFacts facts;
  History history;
  std::optional<LockHolder> lock_holder;
  bool is_standby = false;
  bool lacks_schemas = false;  // some of the managed ones are not there
};

// A session that another one waits for.
struct Blocker {
  int pid = 0;
  std::string application_name;
  std::string state;
  std::string relation;  // that both want; empty when it is no relation
  absl::Duration transaction_age;
};

// How far a long command is, in the server's own words.
struct StatementProgress {
  std::string phase;  // "building index: scanning table", "copying"
  int64_t done = 0;   // blocks, tuples, sessions or bytes, as the phase counts
  int64_t total = 0;  // 0 when the server does not know
  bool operator==(const StatementProgress&) const = default;
};

// Thread-safety: all methods.
// Errors, all methods: UNAVAILABLE BACKEND_UNAVAILABLE; FAILED_PRECONDITION HISTORY_DENIED.
class SchemaHistory {
 public:
  virtual ~SchemaHistory() = default;

  virtual absl::StatusOr<HistoryView> Read() = 0;

  // Indexes of the managed schemas that are not valid: what a failed CREATE INDEX CONCURRENTLY
  // leaves. "public.orders_total_idx".
  virtual absl::StatusOr<std::vector<std::string>> InvalidIndexes() = 0;

  // Whom the session with this pid waits for; empty when for nobody.
  virtual absl::StatusOr<std::vector<Blocker>> FindBlockers(int pid) = 0;

  // Without reading the history.
  virtual absl::StatusOr<ServerFacts> Facts() = 0;

  // Ends the session that holds the history lock, if it is the one with this pid that began at this
  // time, to the microsecond; asking and ending are one statement. Returns it once it is gone.
  //   LOCK_NOT_HELD (FAILED_PRECONDITION)      no such session holds the lock
  //   DEADLINE_PASSED (DEADLINE_EXCEEDED)      it was told to end and has not yet
  virtual absl::StatusOr<LockHolder> EndLockHolder(int pid, absl::Time backend_start) = 0;

  // Of the index build, or the COPY, that the session with this pid is at; nothing while it does
  // neither.
  virtual absl::StatusOr<std::optional<StatementProgress>> FindProgress(int pid) = 0;
};

}  // namespace storefront::migrator
