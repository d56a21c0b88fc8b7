// A session that holds the history lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace storefront::migrator {

struct LockHolder {
  int pid = 0;
  std::string application_name;
  std::string state;
  std::string user;
  absl::Time backend_start;
  std::optional<absl::Duration> transaction_age;
  bool operator==(const LockHolder&) const = default;
};

}  // namespace storefront::migrator
