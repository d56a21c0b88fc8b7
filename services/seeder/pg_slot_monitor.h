// SlotMonitor on Postgres.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/seeder/pg_link.h"
#include "services/seeder/slot_monitor.h"

namespace storefront::seeder {

class PgSlotMonitor final : public SlotMonitor {
 public:
  explicit PgSlotMonitor(const pg::ConnectionOptions& options) : link_(options) {}
  absl::StatusOr<int64_t> LargestLagBytes() override;

 private:
  PgLink link_;
};

}  // namespace storefront::seeder
