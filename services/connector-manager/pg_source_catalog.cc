// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/pg_source_catalog.h"

#include <algorithm>
#include <functional>
#include <pqxx/pqxx>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"

namespace storefront::connectors {
namespace {

constexpr const char kSlots[] = R"(
  SELECT s.slot_name, coalesce(s.plugin, ''), coalesce(s.database, ''), s.active,
         coalesce(s.active_pid, 0), coalesce(a.application_name, ''),
         coalesce(s.restart_lsn::text, ''), coalesce(s.confirmed_flush_lsn::text, ''),
         coalesce(pg_wal_lsn_diff(w.now, s.restart_lsn), 0)::bigint,
         coalesce(pg_wal_lsn_diff(w.now, s.confirmed_flush_lsn), 0)::bigint,
         coalesce(s.wal_status, ''), s.safe_wal_size,
         extract(epoch FROM s.inactive_since)::float8,
         coalesce(extract(epoch FROM clock_timestamp() - s.inactive_since), 0)::float8,
         coalesce(s.invalidation_reason, '')
  FROM pg_replication_slots s
       LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid,
       (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                    ELSE pg_current_wal_lsn() END AS now) w
  WHERE s.slot_type = 'logical'
  ORDER BY s.slot_name)";

constexpr const char kServer[] = R"(
  SELECT current_database(), current_setting('wal_level'),
         current_setting('max_replication_slots')::bigint
           - (SELECT count(*) FROM pg_replication_slots),
         current_setting('max_wal_senders')::bigint
           - (SELECT count(*) FROM pg_stat_replication),
         current_setting('max_slot_wal_keep_size') <> '-1',
         r.rolname IS NOT NULL, coalesce(r.rolcanlogin, false),
         coalesce(r.rolreplication OR r.rolsuper, false),
         EXISTS (SELECT FROM pg_publication WHERE pubname = $2),
         EXISTS (SELECT FROM pg_stat_activity
                 WHERE usename = $1 AND application_name = 'Debezium General'
                   AND state IN ('active', 'idle in transaction'))
  FROM (SELECT 1) one LEFT JOIN pg_roles r ON r.rolname = $1)";

constexpr const char kTables[] = R"(
  SELECT n.nspname || '.' || c.relname,
         coalesce(has_schema_privilege(r.oid, n.oid, 'USAGE')
                  AND has_table_privilege(r.oid, c.oid, 'SELECT'), false),
         EXISTS (SELECT FROM pg_publication_tables p
                 WHERE p.pubname = $2 AND p.schemaname = n.nspname AND p.tablename = c.relname),
         c.relreplident IN ('f', 'i')
           OR (c.relreplident = 'd'
               AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)),
         n.nspname || '.' || c.relname = $3
           AND coalesce(has_table_privilege(r.oid, c.oid, 'INSERT'), false),
         n.nspname || '.' || c.relname = $3
           AND coalesce(has_table_privilege(r.oid, c.oid, 'DELETE'), false)
  FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_roles r ON r.rolname = $1
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  ORDER BY 1)";

constexpr const char kOldTransactions[] = R"(
  SELECT pid FROM pg_stat_activity
  WHERE backend_xid IS NOT NULL AND xact_start < now() - interval '60 seconds'
    AND pid <> pg_backend_pid()
  ORDER BY xact_start LIMIT 20)";

constexpr const char kTouchMarker[] = R"(
  INSERT INTO cdc_audit.marker AS m (id, seq, written_at) VALUES ($1::uuid, 1, clock_timestamp())
  ON CONFLICT (id) DO UPDATE SET seq = m.seq + 1, written_at = clock_timestamp()
  RETURNING seq)";

constexpr absl::Duration kDropPatience = absl::Seconds(10);

}  // namespace

// Thread-safety: Run.
class PgSession {
 public:
  PgSession(pg::ConnectionOptions options, clock::Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  absl::Status Run(absl::string_view what, const CallLimits& limits,
                   const std::function<void(pqxx::connection&)>& body) {
    sync::MutexLock lock(mutex_);
    const bool was_open = connection_ != nullptr;
    absl::Status status = Once(what, limits, body);
    // A connection that died while idle says so on the next use. Reads and the marker may be sent
    // again.
    if (was_open && absl::IsUnavailable(status)) status = Once(what, limits, body);
    return status;
  }

 private:
  absl::Status Once(absl::string_view what, const CallLimits& limits,
                    const std::function<void(pqxx::connection&)>& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Duration left = limits.deadline - clock_.Steady();
    if (left <= absl::ZeroDuration()) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = status::Reason::kDeadlinePassed,
                            .message = "No time was left to ask Postgres.",
                            .metadata = {{"backend", "postgres"}}});
    }
    if (connection_ == nullptr || !connection_->is_open()) {
      pg::ConnectionOptions options = options_;
      options.connect_timeout = std::clamp(left, absl::Seconds(1), options_.connect_timeout);
      ASSIGN_OR_RETURN(connection_, pg::Connect(options));
    }
    const int64_t statement_ms =
        std::clamp(absl::ToInt64Milliseconds(left), int64_t{100}, int64_t{10'000});
    pqxx::connection& connection = *connection_;
    const absl::Status status = pg::Guard(what, [&] {
      pqxx::nontransaction(connection).exec(absl::StrCat("SET statement_timeout = ", statement_ms));
      body(connection);
    });
    if (absl::IsUnavailable(status) || absl::IsUnknown(status)) connection_.reset();
    return status;
  }

  const pg::ConnectionOptions options_;
  clock::Clock& clock_;
  sync::Mutex mutex_;
  std::unique_ptr<pqxx::connection> connection_ ABSL_GUARDED_BY(mutex_);
};

namespace {

class PgSourceCatalog final : public SourceCatalog {
 public:
  explicit PgSourceCatalog(std::shared_ptr<PgSession> session) : session_(std::move(session)) {}

  absl::StatusOr<std::vector<SlotRow>> Slots(const CallLimits& limits) override {
    std::vector<SlotRow> slots;
    RETURN_IF_ERROR(session_->Run("read slots", limits, [&](pqxx::connection& connection) {
      slots.clear();
      pqxx::read_transaction tx(connection);
      for (const pqxx::row& row : tx.exec(kSlots)) {
        SlotRow& slot = slots.emplace_back();
        slot.name = row[0].as<std::string>();
        slot.plugin = row[1].as<std::string>();
        slot.database = row[2].as<std::string>();
        slot.active = row[3].as<bool>();
        slot.active_pid = row[4].as<int32_t>();
        slot.application_name = row[5].as<std::string>();
        slot.restart_lsn = row[6].as<std::string>();
        slot.confirmed_flush_lsn = row[7].as<std::string>();
        slot.retained_bytes = row[8].as<int64_t>();
        slot.lag_bytes = row[9].as<int64_t>();
        slot.wal_status = row[10].as<std::string>();
        if (!row[11].is_null()) slot.safe_wal_size = row[11].as<int64_t>();
        if (!row[12].is_null()) {
          slot.inactive_since = absl::UnixEpoch() + absl::Seconds(row[12].as<double>());
        }
        slot.inactive_for = absl::Seconds(row[13].as<double>());
        slot.invalidation_reason = row[14].as<std::string>();
      }
    }));
    return slots;
  }

  absl::StatusOr<SourceFacts> Facts(const SourceQuestion& question,
                                    const CallLimits& limits) override {
    SourceFacts facts;
    RETURN_IF_ERROR(session_->Run("check the source", limits, [&](pqxx::connection& connection) {
      facts = SourceFacts();
      pqxx::read_transaction tx(connection);
      const pqxx::row server =
          tx.exec(kServer, pqxx::params{question.role, question.publication}).one_row();
      facts.database = server[0].as<std::string>();
      facts.wal_level = server[1].as<std::string>();
      facts.slots_free = server[2].as<int64_t>();
      facts.senders_free = server[3].as<int64_t>();
      facts.slot_wal_is_limited = server[4].as<bool>();
      facts.role_exists = server[5].as<bool>();
      facts.role_can_login = server[6].as<bool>();
      facts.role_can_replicate = server[7].as<bool>();
      facts.publication_exists = server[8].as<bool>();
      facts.snapshot_backend_busy = server[9].as<bool>();
      const pqxx::params params{question.role, question.publication, question.signal_table};
      for (const pqxx::row& row : tx.exec(kTables, params)) {
        facts.tables.push_back({.name = row[0].as<std::string>(),
                                .selectable = row[1].as<bool>(),
                                .published = row[2].as<bool>(),
                                .has_identity = row[3].as<bool>()});
        facts.signal_insert |= row[4].as<bool>();
        facts.signal_delete |= row[5].as<bool>();
      }
      for (const pqxx::row& row : tx.exec(kOldTransactions)) {
        facts.old_transactions.push_back(row[0].as<int32_t>());
      }
    }));
    return facts;
  }

 private:
  std::shared_ptr<PgSession> session_;
};

class PgSlotAdmin final : public SlotAdmin {
 public:
  PgSlotAdmin(std::shared_ptr<PgSession> session, clock::Clock& clock)
      : session_(std::move(session)), clock_(clock) {}

  absl::Status Drop(const std::string& slot, const CallLimits& limits) override {
    const clock::SteadyTime patience = clock_.Steady() + kDropPatience;
    for (;;) {
      bool active = false;
      const absl::Status status =
          session_->Run("drop slot", limits, [&](pqxx::connection& connection) {
            active = false;
            pqxx::nontransaction tx(connection);
            try {
              tx.exec("SELECT pg_drop_replication_slot($1)", pqxx::params{slot});
            } catch (const pqxx::sql_error& e) {
              if (e.sqlstate() == "42704") return;  // gone: what was wanted
              if (e.sqlstate() != "55006") throw;
              active = true;
            }
          });
      if (!status.ok() || !active) return status;
      const clock::SteadyTime next = clock_.Steady() + absl::Milliseconds(200);
      if (next >= std::min(patience, limits.deadline) || !clock_.WaitUntil(next, limits.stop)) {
        return status::Error(
            {.code = absl::StatusCode::kFailedPrecondition,
             .reason = status::Reason::kConnectorState,
             .message = absl::StrCat("Slot ", slot, " is still being read; it was not dropped.")});
      }
    }
  }

 private:
  std::shared_ptr<PgSession> session_;
  clock::Clock& clock_;
};

class PgMarkerStore final : public MarkerStore {
 public:
  explicit PgMarkerStore(std::shared_ptr<PgSession> session) : session_(std::move(session)) {}

  absl::StatusOr<int64_t> Touch(const std::string& id, const CallLimits& limits) override {
    int64_t seq = 0;
    RETURN_IF_ERROR(session_->Run("touch the marker", limits, [&](pqxx::connection& connection) {
      // One statement commits itself; whether a lost answer was committed does not matter, since a
      // repeat writes a higher seq.
      pqxx::nontransaction tx(connection);
      seq = tx.exec(kTouchMarker, pqxx::params{id}).one_field().as<int64_t>();
    }));
    return seq;
  }

 private:
  std::shared_ptr<PgSession> session_;
};

}  // namespace

std::shared_ptr<PgSession> MakePgSession(pg::ConnectionOptions options, clock::Clock& clock) {
  return std::make_shared<PgSession>(std::move(options), clock);
}

std::unique_ptr<SourceCatalog> MakePgSourceCatalog(std::shared_ptr<PgSession> session) {
  return std::make_unique<PgSourceCatalog>(std::move(session));
}
std::unique_ptr<SlotAdmin> MakePgSlotAdmin(std::shared_ptr<PgSession> session,
                                           clock::Clock& clock) {
  return std::make_unique<PgSlotAdmin>(std::move(session), clock);
}
std::unique_ptr<MarkerStore> MakePgMarkerStore(std::shared_ptr<PgSession> session) {
  return std::make_unique<PgMarkerStore>(std::move(session));
}

}  // namespace storefront::connectors
