// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/pg_slot_monitor.h"

#include <pqxx/pqxx>

#include "libs/status/macros.h"

namespace storefront::seeder {

absl::StatusOr<int64_t> PgSlotMonitor::LargestLagBytes() {
  int64_t lag = 0;
  RETURN_IF_ERROR(link_.Run("read slots", [&](pqxx::connection& session) {
    lag = pqxx::nontransaction(session).query_value<int64_t>(
        "select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)), "
        "0)::bigint"
        " from pg_replication_slots where slot_type = 'logical' "
        "and database = current_database() and not temporary");
  }));
  return lag;
}

}  // namespace storefront::seeder
