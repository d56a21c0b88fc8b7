// The gRPC edge of the seeder: validate, convert, call the registry, convert back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "libs/grpcserver/edge.h"
#include "services/seeder/run_jobs.h"
#include "services/seeder/seed_run_registry.h"
#include "services/seeder/slot_monitor.h"
#include "services/seeder/storefront_inspector.h"
#include "storefront/seeder/v1/seeder.grpc.pb.h"

namespace storefront::seeder {

// Thread-safety: handlers are called by gRPC's threads. Lifetime: the references outlive it.
class SeederEdge final : public v1::SeederService::CallbackService {
 public:
  SeederEdge(grpcserver::Edge& edge, SeedRunRegistry& runs, StorefrontInspector& inspector,
             SlotMonitor& slots, JobOptions defaults);

  grpc::ServerUnaryReactor* StartFullLoad(grpc::CallbackServerContext* call,
                                          const v1::StartFullLoadRequest* request,
                                          v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* StartDeltas(grpc::CallbackServerContext* call,
                                        const v1::StartDeltasRequest* request,
                                        v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* GetSeedRun(grpc::CallbackServerContext* call,
                                       const v1::GetSeedRunRequest* request,
                                       v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* ListSeedRuns(grpc::CallbackServerContext* call,
                                         const v1::ListSeedRunsRequest* request,
                                         v1::ListSeedRunsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSeedRun(grpc::CallbackServerContext* call,
                                          const v1::UpdateSeedRunRequest* request,
                                          v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* PauseSeedRun(grpc::CallbackServerContext* call,
                                         const v1::PauseSeedRunRequest* request,
                                         v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* ResumeSeedRun(grpc::CallbackServerContext* call,
                                          const v1::ResumeSeedRunRequest* request,
                                          v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* StopSeedRun(grpc::CallbackServerContext* call,
                                        const v1::StopSeedRunRequest* request,
                                        v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* CancelSeedRun(grpc::CallbackServerContext* call,
                                          const v1::CancelSeedRunRequest* request,
                                          v1::SeedRun* response) override;
  grpc::ServerWriteReactor<v1::WatchSeedRunResponse>* WatchSeedRun(
      grpc::CallbackServerContext* call, const v1::WatchSeedRunRequest* request) override;
  grpc::ServerUnaryReactor* VerifyStorefront(grpc::CallbackServerContext* call,
                                             const v1::VerifyStorefrontRequest* request,
                                             v1::SeedRun* response) override;
  grpc::ServerUnaryReactor* GetStorefrontStats(grpc::CallbackServerContext* call,
                                               const v1::GetStorefrontStatsRequest* request,
                                               v1::StorefrontStats* response) override;

 private:
  grpcserver::Edge& edge_;
  SeedRunRegistry& runs_;
  StorefrontInspector& inspector_;
  SlotMonitor& slots_;
  const JobOptions defaults_;
  const grpcserver::Method start_full_load_, start_deltas_, get_, list_, update_, pause_, resume_,
      stop_, cancel_, watch_, verify_, stats_;
};

}  // namespace storefront::seeder
