// The gRPC edge of the migrator: validate, convert, call, convert back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "libs/grpcserver/edge.h"
#include "services/migrator/convert.h"
#include "services/migrator/history_commands.h"
#include "services/migrator/lint.h"
#include "services/migrator/migrator.h"
#include "services/migrator/planner.h"
#include "services/migrator/schema_drift.h"
#include "storefront/migrator/v1/migrator.grpc.pb.h"

namespace storefront::migrator {

// Lifetime: the references outlive it.
class MigratorEdge final : public v1::MigratorService::CallbackService {
 public:
  MigratorEdge(grpcserver::Edge& edge, Migrator& migrator, Linter& linter, Planner& planner,
               HistoryCommands& commands, SchemaDrift& drift, std::string history_table);

  grpc::ServerUnaryReactor* GetMigrationStatus(grpc::CallbackServerContext* call,
                                               const v1::GetMigrationStatusRequest* request,
                                               v1::MigrationStatus* response) override;
  grpc::ServerUnaryReactor* ListMigrations(grpc::CallbackServerContext* call,
                                           const v1::ListMigrationsRequest* request,
                                           v1::ListMigrationsResponse* response) override;
  grpc::ServerUnaryReactor* GetMigration(grpc::CallbackServerContext* call,
                                         const v1::GetMigrationRequest* request,
                                         v1::Migration* response) override;
  grpc::ServerUnaryReactor* ValidateMigrations(grpc::CallbackServerContext* call,
                                               const v1::ValidateMigrationsRequest* request,
                                               v1::ValidateMigrationsResponse* response) override;
  grpc::ServerUnaryReactor* LintMigrations(grpc::CallbackServerContext* call,
                                           const v1::LintMigrationsRequest* request,
                                           v1::LintMigrationsResponse* response) override;
  grpc::ServerUnaryReactor* PlanMigrations(grpc::CallbackServerContext* call,
                                           const v1::PlanMigrationsRequest* request,
                                           v1::MigrationPlan* response) override;
  grpc::ServerUnaryReactor* GetDrift(grpc::CallbackServerContext* call,
                                     const v1::GetDriftRequest* request,
                                     v1::Drift* response) override;
  grpc::ServerUnaryReactor* CaptureSchema(grpc::CallbackServerContext* call,
                                          const v1::CaptureSchemaRequest* request,
                                          v1::SchemaCapture* response) override;
  grpc::ServerUnaryReactor* Migrate(grpc::CallbackServerContext* call,
                                    const v1::MigrateRequest* request,
                                    v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* Baseline(grpc::CallbackServerContext* call,
                                     const v1::BaselineRequest* request,
                                     v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* Repair(grpc::CallbackServerContext* call,
                                   const v1::RepairRequest* request,
                                   v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* Undo(grpc::CallbackServerContext* call, const v1::UndoRequest* request,
                                 v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* Clean(grpc::CallbackServerContext* call,
                                  const v1::CleanRequest* request,
                                  v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* ForceUnlock(grpc::CallbackServerContext* call,
                                        const v1::ForceUnlockRequest* request,
                                        v1::ForceUnlockResponse* response) override;
  grpc::ServerUnaryReactor* GetMigrationRun(grpc::CallbackServerContext* call,
                                            const v1::GetMigrationRunRequest* request,
                                            v1::MigrationRun* response) override;
  grpc::ServerUnaryReactor* ListMigrationRuns(grpc::CallbackServerContext* call,
                                              const v1::ListMigrationRunsRequest* request,
                                              v1::ListMigrationRunsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchMigrationRunResponse>* WatchMigrationRun(
      grpc::CallbackServerContext* call, const v1::WatchMigrationRunRequest* request) override;
  grpc::ServerUnaryReactor* CancelMigrationRun(grpc::CallbackServerContext* call,
                                               const v1::CancelMigrationRunRequest* request,
                                               v1::MigrationRun* response) override;

 private:
  grpcserver::Edge& edge_;
  Migrator& migrator_;
  Linter& linter_;
  Planner& planner_;
  HistoryCommands& commands_;
  SchemaDrift& drift_;
  const std::string history_table_;
  const grpcserver::Method get_status_, list_, get_, validate_, lint_, plan_, get_drift_, capture_,
      migrate_, baseline_, repair_, undo_, clean_, force_unlock_, get_run_, list_runs_, watch_run_,
      cancel_run_;
};

}  // namespace storefront::migrator
