// The advisory lock that Flyway and we agree on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// Key for pg_advisory_lock(bigint) of a history table: a constant of Flyway's plus Java's hash of
// the quoted name. Source: seen in pg_locks under Flyway 13.7.
int64_t HistoryLockKey(absl::string_view schema, absl::string_view table);

}  // namespace storefront::migrator
