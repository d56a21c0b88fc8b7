// Runs in the tables of the schema storefront_migrator.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/migrator/pg_side_schema.h"
#include "services/migrator/run_store.h"

namespace storefront::migrator {

// Texts over kTextKept bytes are known by their digest and length only: a script with data would
// otherwise be in the database twice.
class PgRunStore final : public RunStore {
 public:
  static constexpr size_t kTextKept = size_t{1} << 20;

  explicit PgRunStore(PgSideSession& session) : session_(session) {}

  absl::Status Create(const Run& run, const RunOrigin& origin) override;
  absl::Status Save(const RunRecord& record) override;
  absl::StatusOr<std::vector<Run>> List(size_t count) override;
  absl::StatusOr<std::optional<Run>> Get(absl::string_view id) override;
  absl::StatusOr<std::vector<RunEvent>> Events(absl::string_view id, int64_t after_sequence,
                                               size_t count) override;
  absl::StatusOr<std::optional<KnownRequest>> FindRequest(absl::string_view request_id) override;
  absl::StatusOr<int> InterruptOrphans() override;
  absl::StatusOr<int> Forget(absl::Duration older_than) override;

 private:
  absl::StatusOr<std::vector<Run>> Read(const std::string& steps, const std::string& tail,
                                        const std::vector<std::optional<std::string>>& parameters);

  PgSideSession& session_;
};

}  // namespace storefront::migrator
