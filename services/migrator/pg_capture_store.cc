// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_capture_store.h"

#include <libpq-fe.h>

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "services/migrator/json_run_codec.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {

absl::Status PgCaptureStore::KeepCapture(const SchemaCapture& capture) {
  return session_.WithTables([&](PgStatements& statements) -> absl::Status {
    return statements
        .Execute(
            "keep the capture",
            "with old as (delete from storefront_migrator.schema_capture) insert into "
            "storefront_migrator.schema_capture (capture_time, run, digest, object_count, "
            "objects) values ('epoch'::timestamptz + $1::bigint * interval '1 microsecond', $2, "
            "$3, $4::integer, $5::jsonb)",
            {absl::StrCat(absl::ToUnixMicros(capture.time)), capture.run_id, capture.digest,
             absl::StrCat(capture.objects.size()), ObjectsJson(capture.objects)})
        .status();
  });
}

absl::StatusOr<bool> PgCaptureStore::HasCapture() {
  auto has = session_.With([](PgStatements& statements) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(
        const pg::PgResult result,
        statements.Execute("look for a capture",
                           "select 1 from storefront_migrator.schema_capture limit 1"));
    return PQntuples(result.get()) > 0;
  });
  if (!has.ok() && IsSideTableMissing(has.status())) return false;
  return has;
}

absl::StatusOr<std::optional<SchemaCapture>> PgCaptureStore::LastCapture() {
  auto last =
      session_.With([](PgStatements& statements) -> absl::StatusOr<std::optional<SchemaCapture>> {
        ASSIGN_OR_RETURN(
            const pg::PgResult result,
            statements.Execute(
                "read the capture",
                "select (extract(epoch from capture_time) * 1000000)::bigint, run, digest, "
                "objects from storefront_migrator.schema_capture order by id desc limit 1"));
        if (PQntuples(result.get()) == 0) return std::nullopt;
        SchemaCapture capture{.run_id = PQgetvalue(result.get(), 0, 1),
                              .digest = PQgetvalue(result.get(), 0, 2)};
        int64_t micros = 0;
        if (absl::SimpleAtoi(PQgetvalue(result.get(), 0, 0), &micros)) {
          capture.time = absl::FromUnixMicros(micros);
        }
        ASSIGN_OR_RETURN(capture.objects, ParseObjects(PQgetvalue(result.get(), 0, 3)));
        return capture;
      });
  if (!last.ok() && IsSideTableMissing(last.status())) return std::nullopt;
  return last;
}

}  // namespace storefront::migrator
