// StorefrontStore on libpq: binary COPY.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/seeder/storefront_store.h"

namespace storefront::seeder {

class PqStorefrontStore final : public StorefrontStore {
 public:
  // `clock` must outlive it. The session is made by the first chunk.
  PqStorefrontStore(pg::ConnectionOptions options, size_t slab_bytes, clock::Clock& clock);

  absl::Status WriteChunk(int64_t run_id, const Chunk& chunk, ChunkSource& source,
                          const std::stop_token& stop) override;

 private:
  absl::Status Connect();
  absl::Status Begin(int64_t run_id, const Chunk& chunk, const std::stop_token& stop);
  absl::Status Copy(const Chunk& chunk, ChunkSource& source, const std::stop_token& stop);
  absl::Status Commit(int64_t run_id, const Chunk& chunk, const ChunkSource& source,
                      const std::stop_token& stop);
  absl::Status Finish(absl::string_view what, const std::stop_token& stop);
  absl::Status Abandon(const absl::Status& error);

  const pg::ConnectionOptions options_;
  const size_t slab_bytes_;
  clock::Clock& clock_;
  pg::PgConn session_;
  std::string slab_;
};

}  // namespace storefront::seeder
