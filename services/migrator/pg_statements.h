// Statements that a long-lived session keeps prepared.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/pg/connection.h"

namespace storefront::migrator {

// What Postgres has parsed and planned once it need not again: for short reads that is most of
// their cost. A statement is prepared when it comes for the second time; one that never does costs
// no round trip more. Statements are told apart by their text, so the text must not hold values.
//
// Of one connection; a new one needs a new object. Thread-safety: none.
class PgStatements {
 public:
  explicit PgStatements(PGconn* connection) : connection_(connection) {}

  PGconn* connection() const { return connection_; }

  // As PgExecute. A statement that the session lost, or whose table was made anew in another shape,
  // is carried out by its text.
  absl::StatusOr<pg::PgResult> Execute(
      absl::string_view what, const std::string& sql,
      const std::vector<std::optional<std::string>>& parameters = {});

 private:
  PGconn* connection_;
  int prepared_ = 0;
  std::map<std::string, std::string> names_;  // by text; empty before the second time
};

}  // namespace storefront::migrator
