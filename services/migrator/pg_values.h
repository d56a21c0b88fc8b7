// Values of a result's row as ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "services/migrator/catalog_reader.h"

namespace storefront::migrator {

inline std::string PgText(const PGresult* result, int row, int column) {
  return {PQgetvalue(result, row, column), static_cast<size_t>(PQgetlength(result, row, column))};
}

// 0 for NULL.
inline int64_t PgNumber(const PGresult* result, int row, int column) {
  int64_t value = 0;
  return absl::SimpleAtoi(PQgetvalue(result, row, column), &value) ? value : 0;
}

// False for NULL.
inline bool PgIsTrue(const PGresult* result, int row, int column) {
  return *PQgetvalue(result, row, column) == 't';
}

// Of pg_class.relreplident.
inline ReplicaIdentity PgReplicaIdentity(const PGresult* result, int row, int column) {
  switch (*PQgetvalue(result, row, column)) {
    case 'n':
      return ReplicaIdentity::kNothing;
    case 'f':
      return ReplicaIdentity::kFull;
    case 'i':
      return ReplicaIdentity::kIndex;
    default:
      return ReplicaIdentity::kDefault;
  }
}

}  // namespace storefront::migrator
