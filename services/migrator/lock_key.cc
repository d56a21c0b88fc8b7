// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lock_key.h"

#include <string>

#include "services/migrator/history_row.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {

int64_t HistoryLockKey(absl::string_view schema, absl::string_view table) {
  constexpr int64_t kFlywaysBase = 77'431'708'279'161;
  uint32_t hash = 0;  // wraps, as Java's int does
  for (const char16_t unit : ToUtf16(QualifiedName(schema, table))) hash = 31 * hash + unit;
  return kFlywaysBase + static_cast<int32_t>(hash);
}

}  // namespace storefront::migrator
