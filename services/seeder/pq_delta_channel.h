// DeltaChannel on libpq's pipeline mode: a batch is one segment closed by Sync, without BEGIN and
// COMMIT, so an error rolls it back and the segments behind it are not disturbed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/seeder/delta_channel.h"
#include "services/seeder/delta_statements.h"

namespace storefront::seeder {

class PqDeltaChannel final : public DeltaChannel {
 public:
  // `clock` must outlive it.
  PqDeltaChannel(pg::ConnectionOptions options, clock::Clock& clock);

  absl::Status Connect() override;
  absl::Status Send(const Batch& batch) override;
  absl::StatusOr<std::optional<BatchResult>> Receive(clock::SteadyTime until,
                                                     const std::stop_token& stop) override;
  void Cancel() override;

 private:
  absl::Status Lost(absl::string_view what);

  const pg::ConnectionOptions options_;
  clock::Clock& clock_;
  pg::PgConn session_;
  size_t in_flight_ = 0;
  BatchResult current_;  // of the oldest segment, as far as it has come in
  BinaryParameters parameters_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

}  // namespace storefront::seeder
