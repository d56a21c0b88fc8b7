// What Postgres says about itself: slots, roles, publications, tables.
//
// Thread-safety: all methods.
// Errors, all methods: as in libs/pg; UNAVAILABLE BACKEND_UNAVAILABLE when it is not reached,
// FAILED_PRECONDITION when the service's own role may not look.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

// A logical replication slot. Positions as Postgres prints them; "" = null.
struct SlotRow {
  std::string name, plugin, database;
  bool active = false;
  int32_t active_pid = 0;
  std::string application_name;  // of the walsender that reads it
  std::string restart_lsn, confirmed_flush_lsn;
  int64_t retained_bytes = 0;
  int64_t lag_bytes = 0;
  std::string wal_status;
  std::optional<int64_t> safe_wal_size;
  std::optional<absl::Time> inactive_since;  // the server's clock
  absl::Duration inactive_for;               // by the server's clock
  std::string invalidation_reason;
};

// What a connector will use.
struct SourceQuestion {
  std::string role, publication, signal_table;
};

struct SourceTable {
  std::string name;         // schema.table, unquoted
  bool selectable = false;  // by the role
  bool published = false;   // in the publication
  bool has_identity = false;
};

struct SourceFacts {
  std::string database;
  std::string wal_level;
  bool role_exists = false, role_can_login = false, role_can_replicate = false;
  bool publication_exists = false;
  std::vector<SourceTable> tables;  // ordinary and partitioned ones outside system schemas
  bool signal_insert = false, signal_delete = false;
  int64_t slots_free = 0, senders_free = 0;
  bool slot_wal_is_limited = false;       // max_slot_wal_keep_size is set
  std::vector<int32_t> old_transactions;  // pids of transactions open for over 60 s
  bool snapshot_backend_busy = false;     // "Debezium General" of the role is at work
};

class SourceCatalog {
 public:
  virtual ~SourceCatalog() = default;

  // Logical slots of the whole server, by name.
  virtual absl::StatusOr<std::vector<SlotRow>> Slots(const CallLimits& limits) = 0;
  virtual absl::StatusOr<SourceFacts> Facts(const SourceQuestion& question,
                                            const CallLimits& limits) = 0;
};

// Removal of a slot.
class SlotAdmin {
 public:
  virtual ~SlotAdmin() = default;
  // A slot that is not there is success. FAILED_PRECONDITION CONNECTOR_STATE while it is being
  // read.
  virtual absl::Status Drop(const std::string& slot, const CallLimits& limits) = 0;
};

}  // namespace storefront::connectors
