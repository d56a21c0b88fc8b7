// Between the API's messages and the domain. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/seeder/run_jobs.h"
#include "services/seeder/seed_run.h"
#include "services/seeder/seed_run_registry.h"
#include "services/seeder/storefront_inspector.h"
#include "storefront/seeder/v1/seeder.pb.h"

namespace storefront::seeder {

// Defaults come from `options`. INVALID_ARGUMENT INVALID_FIELD for unknown tables.
absl::StatusOr<FullLoadParameters> FromProto(const v1::StartFullLoadRequest& request,
                                             const JobOptions& options);
DeltasParameters FromProto(const v1::StartDeltasRequest& request, const JobOptions& options);
VerifyParameters FromProto(const v1::VerifyStorefrontRequest& request);

// `request_id` and the digest of everything else.
template <typename Request>
StartOptions StartOptionsFrom(const Request& request);

// What UpdateSeedRun is to change.
struct RunChange {
  double events_per_second = 0;
  std::string etag;
};
// INVALID_ARGUMENT IMMUTABLE_FIELD for any path but deltas.events_per_second; INVALID_FIELD when
// that one is not there.
absl::StatusOr<RunChange> FromProto(const v1::UpdateSeedRunRequest& request);

void ToProto(const SeedRun& run, v1::SeedRun& out);
void ToProto(const std::vector<TableStats>& tables, bool digest, int64_t slot_lag_bytes,
             v1::StorefrontStats& out);

}  // namespace storefront::seeder
