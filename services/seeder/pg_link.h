// A libpqxx session that is made when needed and again when it was lost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <pqxx/connection>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "libs/pg/connection.h"
#include "libs/pg/errors.h"
#include "libs/sync/mutex.h"

namespace storefront::seeder {

// Thread-safety: Run; one body at a time.
class PgLink {
 public:
  explicit PgLink(pg::ConnectionOptions options) : options_(std::move(options)) {}

  // Runs `body(pqxx::connection&)`. A session that turns out to be lost is made again and the body
  // runs once more: it must be safe to repeat, except that an unknown COMMIT is never repeated.
  template <typename Body>
  absl::Status Run(absl::string_view what, const Body& body) {
    sync::MutexLock lock(mutex_);
    const bool fresh = connection_ == nullptr;
    absl::Status status = RunOnce(what, body);
    if (!fresh && absl::IsUnavailable(status)) status = RunOnce(what, body);
    if (absl::IsUnknown(status)) status = pg::FromLostConnection(what, status.message());
    return status;
  }

  // True while the session of the last Run stands; a lock it took is held as long.
  bool connected() const {
    sync::MutexLock lock(mutex_);
    return connection_ != nullptr;
  }
  void Close() {
    sync::MutexLock lock(mutex_);
    connection_.reset();
  }

 private:
  template <typename Body>
  absl::Status RunOnce(absl::string_view what, const Body& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (connection_ == nullptr) {
      auto made = pg::Connect(options_);
      if (!made.ok()) return made.status();
      connection_ = *std::move(made);
    }
    pqxx::connection& connection = *connection_;
    const absl::Status status = pg::Guard(what, [&] { body(connection); });
    if (absl::IsUnavailable(status) || absl::IsUnknown(status)) connection_.reset();
    return status;
  }

  const pg::ConnectionOptions options_;
  mutable sync::Mutex mutex_;
  std::unique_ptr<pqxx::connection> connection_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::seeder
