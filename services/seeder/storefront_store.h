// One session that copies chunks into the storefront's tables, each with its ledger rows.
//
// Thread-safety: none; one object per worker. Lifetime: plain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/seeder/load_plan.h"

namespace storefront::seeder {

class StorefrontStore {
 public:
  virtual ~StorefrontStore() = default;

  // One transaction: ledger row of the chunk (the fence), COPY, ledger row of what was copied,
  // COMMIT. On every error but COMMIT_IN_DOUBT nothing of it is stored.
  //   UNAVAILABLE BACKEND_UNAVAILABLE   no session, or lost before COMMIT was sent; the next call
  //                                     makes a new one
  //   UNKNOWN COMMIT_IN_DOUBT           lost afterwards: call again, the fence decides
  //   ALREADY_EXISTS UNIQUE_VIOLATION   with metadata `table` "chunk": the chunk is stored
  //   CANCELLED CALL_CANCELLED          `stop` was requested
  //   others                            by SQLSTATE
  // Holds `source` only during the call.
  virtual absl::Status WriteChunk(int64_t run_id, const Chunk& chunk, ChunkSource& source,
                                  const std::stop_token& stop) = 0;
};

using MakeStorefrontStore = std::function<std::unique_ptr<StorefrontStore>()>;

}  // namespace storefront::seeder
