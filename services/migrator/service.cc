// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/service.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/grpcserver/paging.h"
#include "libs/status/macros.h"
#include "services/migrator/commands_convert.h"
#include "services/migrator/convert.h"
#include "services/migrator/convert_lint.h"
#include "services/migrator/convert_plan.h"
#include "services/migrator/drift_convert.h"
#include "services/migrator/origin_convert.h"

namespace storefront::migrator {

namespace {

constexpr size_t kEventsAtOnce = 100;

}  // namespace

using grpcserver::CallScope;
using MigratorRpcs = v1::MigratorService;

MigratorEdge::MigratorEdge(grpcserver::Edge& edge, Migrator& migrator, Linter& linter,
                           Planner& planner, HistoryCommands& commands, SchemaDrift& drift,
                           std::string history_table)
    : edge_(edge),
      migrator_(migrator),
      linter_(linter),
      planner_(planner),
      commands_(commands),
      drift_(drift),
      history_table_(std::move(history_table)),
      get_status_(edge.Resolve(MigratorRpcs::service_full_name(), "GetMigrationStatus")),
      list_(edge.Resolve(MigratorRpcs::service_full_name(), "ListMigrations")),
      get_(edge.Resolve(MigratorRpcs::service_full_name(), "GetMigration")),
      validate_(edge.Resolve(MigratorRpcs::service_full_name(), "ValidateMigrations")),
      lint_(edge.Resolve(MigratorRpcs::service_full_name(), "LintMigrations")),
      plan_(edge.Resolve(MigratorRpcs::service_full_name(), "PlanMigrations")),
      get_drift_(edge.Resolve(MigratorRpcs::service_full_name(), "GetDrift")),
      capture_(edge.Resolve(MigratorRpcs::service_full_name(), "CaptureSchema")),
      migrate_(edge.Resolve(MigratorRpcs::service_full_name(), "Migrate")),
      baseline_(edge.Resolve(MigratorRpcs::service_full_name(), "Baseline")),
      repair_(edge.Resolve(MigratorRpcs::service_full_name(), "Repair")),
      undo_(edge.Resolve(MigratorRpcs::service_full_name(), "Undo")),
      clean_(edge.Resolve(MigratorRpcs::service_full_name(), "Clean")),
      force_unlock_(edge.Resolve(MigratorRpcs::service_full_name(), "ForceUnlock")),
      get_run_(edge.Resolve(MigratorRpcs::service_full_name(), "GetMigrationRun")),
      list_runs_(edge.Resolve(MigratorRpcs::service_full_name(), "ListMigrationRuns")),
      watch_run_(edge.Resolve(MigratorRpcs::service_full_name(), "WatchMigrationRun")),
      cancel_run_(edge.Resolve(MigratorRpcs::service_full_name(), "CancelMigrationRun")) {}

grpc::ServerUnaryReactor* MigratorEdge::GetMigrationStatus(
    grpc::CallbackServerContext* call, const v1::GetMigrationStatusRequest* request,
    v1::MigrationStatus* response) {
  return edge_.Unary(call, get_status_, *request, *response,
                     [this, response](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const MigratorStatus status, migrator_.Status());
                       ToProto(status, history_table_, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::ListMigrations(grpc::CallbackServerContext* call,
                                                       const v1::ListMigrationsRequest* request,
                                                       v1::ListMigrationsResponse* response) {
  return edge_.Unary(call, list_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    std::string query;
    for (const int state : request->states()) absl::StrAppend(&query, state, ",");
    ASSIGN_OR_RETURN(const grpcserver::Page page,
                     grpcserver::ResolvePage(request->page_size(), request->page_token(), query));
    ASSIGN_OR_RETURN(const std::unique_ptr<const Listing> listing, migrator_.List());
    std::vector<const MigrationLine*> lines;
    for (const MigrationLine& line : listing->table.lines) {
      const auto& states = request->states();
      const bool wanted = states.empty() || std::find(states.begin(), states.end(),
                                                      ToProto(line.state)) != states.end();
      if (wanted && !line.hidden) lines.push_back(&line);
    }
    for (size_t i = page.offset; i < std::min(lines.size(), page.offset + page.size); ++i) {
      ToProto(*lines[i], listing->set, *response->add_migrations());
    }
    response->set_next_page_token(page.NextToken(lines.size()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* MigratorEdge::GetMigration(grpc::CallbackServerContext* call,
                                                     const v1::GetMigrationRequest* request,
                                                     v1::Migration* response) {
  return edge_.Unary(call, get_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    ASSIGN_OR_RETURN(const MigrationDetail detail,
                     migrator_.Get(IdOf(request->name()), request->view() == v1::FULL));
    ToProto(detail, *response);
    if (detail.script) {
      ASSIGN_OR_RETURN(const LintReport report, linter_.Lint({.migrations = {detail.line->id}}));
      ToProto(report, *response);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* MigratorEdge::ValidateMigrations(
    grpc::CallbackServerContext* call, const v1::ValidateMigrationsRequest* request,
    v1::ValidateMigrationsResponse* response) {
  return edge_.Unary(call, validate_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const ValidationReport report,
                                        migrator_.Validate({request->ignore_patterns().begin(),
                                                            request->ignore_patterns().end()}));
                       ToProto(report, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::LintMigrations(grpc::CallbackServerContext* call,
                                                       const v1::LintMigrationsRequest* request,
                                                       v1::LintMigrationsResponse* response) {
  return edge_.Unary(call, lint_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    ASSIGN_OR_RETURN(const grpcserver::Page page,
                     grpcserver::ResolvePage(request->page_size(), request->page_token(),
                                             PageQueryOf(*request)));
    ASSIGN_OR_RETURN(LintRequest wanted, FromProto(*request));
    wanted.is_counted = page.offset == 0;
    ASSIGN_OR_RETURN(const LintReport report, linter_.Lint(wanted));
    ToProto(report, page, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* MigratorEdge::PlanMigrations(grpc::CallbackServerContext* call,
                                                       const v1::PlanMigrationsRequest* request,
                                                       v1::MigrationPlan* response) {
  return edge_.Unary(call, plan_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    ASSIGN_OR_RETURN(const MigrationPlan plan, planner_.Plan(FromProto(*request)));
    ToProto(plan, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* MigratorEdge::GetDrift(grpc::CallbackServerContext* call,
                                                 const v1::GetDriftRequest* request,
                                                 v1::Drift* response) {
  return edge_.Unary(call, get_drift_, *request, *response,
                     [this, response](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const DriftReport report, drift_.Compare());
                       ToProto(report, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::CaptureSchema(grpc::CallbackServerContext* call,
                                                      const v1::CaptureSchemaRequest* request,
                                                      v1::SchemaCapture* response) {
  return edge_.Unary(call, capture_, *request, *response,
                     [this, response](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const SchemaCapture capture, drift_.Capture(""));
                       ToProto(capture, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::Migrate(grpc::CallbackServerContext* call,
                                                const v1::MigrateRequest* request,
                                                v1::MigrationRun* response) {
  return edge_.Unary(
      call, migrate_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(MigrateRequest wanted, FromProto(*request));
        wanted.origin = OriginOf("Migrate", scope.principal, request->request_id(), *request);
        ASSIGN_OR_RETURN(const Run run, request->validate_only() ? migrator_.CheckMigrate(wanted)
                                                                 : migrator_.Migrate(wanted));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MigratorEdge::Baseline(grpc::CallbackServerContext* call,
                                                 const v1::BaselineRequest* request,
                                                 v1::MigrationRun* response) {
  return edge_.Unary(
      call, baseline_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        auto choice = FromProto(*request);
        choice.origin = OriginOf("Baseline", scope.principal, request->request_id(), *request);
        ASSIGN_OR_RETURN(const Run run, commands_.Baseline(choice));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MigratorEdge::Repair(grpc::CallbackServerContext* call,
                                               const v1::RepairRequest* request,
                                               v1::MigrationRun* response) {
  return edge_.Unary(
      call, repair_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        auto choice = FromProto(*request);
        choice.origin = OriginOf("Repair", scope.principal, request->request_id(), *request);
        ASSIGN_OR_RETURN(const Run run, commands_.Repair(choice));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MigratorEdge::Undo(grpc::CallbackServerContext* call,
                                             const v1::UndoRequest* request,
                                             v1::MigrationRun* response) {
  return edge_.Unary(
      call, undo_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        auto choice = FromProto(*request);
        choice.origin = OriginOf("Undo", scope.principal, request->request_id(), *request);
        ASSIGN_OR_RETURN(const Run run, commands_.Undo(choice));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MigratorEdge::Clean(grpc::CallbackServerContext* call,
                                              const v1::CleanRequest* request,
                                              v1::MigrationRun* response) {
  return edge_.Unary(
      call, clean_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        auto choice = FromProto(*request);
        choice.origin = OriginOf("Clean", scope.principal, request->request_id(), *request);
        ASSIGN_OR_RETURN(const Run run, commands_.Clean(choice));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MigratorEdge::ForceUnlock(grpc::CallbackServerContext* call,
                                                    const v1::ForceUnlockRequest* request,
                                                    v1::ForceUnlockResponse* response) {
  return edge_.Unary(call, force_unlock_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const ForceUnlockChoice choice, FromProto(*request));
                       ASSIGN_OR_RETURN(const LockHolder ended, commands_.ForceUnlock(choice));
                       ToProto(ended, *response->mutable_ended());
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::GetMigrationRun(grpc::CallbackServerContext* call,
                                                        const v1::GetMigrationRunRequest* request,
                                                        v1::MigrationRun* response) {
  return edge_.Unary(call, get_run_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const Run run, migrator_.runs().Get(IdOf(request->name())));
                       ToProto(run, /*with_steps=*/true, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* MigratorEdge::ListMigrationRuns(
    grpc::CallbackServerContext* call, const v1::ListMigrationRunsRequest* request,
    v1::ListMigrationRunsResponse* response) {
  return edge_.Unary(
      call, list_runs_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const grpcserver::Page page,
                         grpcserver::ResolvePage(request->page_size(), request->page_token(), ""));
        ASSIGN_OR_RETURN(const std::vector<Run> runs, migrator_.runs().List());
        for (size_t i = page.offset; i < std::min(runs.size(), page.offset + page.size); ++i) {
          ToProto(runs[i], /*with_steps=*/false, *response->add_migration_runs());
        }
        response->set_next_page_token(page.NextToken(runs.size()));
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<v1::WatchMigrationRunResponse>* MigratorEdge::WatchMigrationRun(
    grpc::CallbackServerContext* call, const v1::WatchMigrationRunRequest* request) {
  using Sink = grpcserver::WatchSink<v1::WatchMigrationRunResponse>;
  return edge_.Watch<v1::WatchMigrationRunResponse>(
      call, watch_run_, *request,
      [this, id = IdOf(request->name()), after = request->after_sequence()](
          const CallScope&, std::shared_ptr<Sink> sink) -> absl::StatusOr<sync::Subscription> {
        ASSIGN_OR_RETURN(const auto journal, migrator_.runs().Find(id));
        // Touched under the stream's lock only: what the reader was sent last.
        const auto seen = std::make_shared<int64_t>(after);
        return journal->Watch([sink, journal, seen](const RunNews& news) {
          sink->PublishMade(
              [journal, seen, skipped = sink->skipped()](v1::WatchMigrationRunResponse& message) {
                bool more = false;
                const auto events = journal->EventsAfter(*seen, kEventsAtOnce, more);
                for (const RunEvent& event : events) ToProto(event, *message.add_events());
                if (!events.empty()) *seen = events.back().sequence;
                const Run run = journal->Snapshot();
                ToProto(run, /*with_steps=*/true, *message.mutable_run());
                message.set_sequence(run.sequence);
                message.set_skipped(skipped);
                return more;
              });
          if (IsFinal(news.state)) sink->End(absl::OkStatus());
        });
      });
}

grpc::ServerUnaryReactor* MigratorEdge::CancelMigrationRun(
    grpc::CallbackServerContext* call, const v1::CancelMigrationRunRequest* request,
    v1::MigrationRun* response) {
  return edge_.Unary(
      call, cancel_run_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const Run run, migrator_.runs().Cancel(IdOf(request->name())));
        ToProto(run, /*with_steps=*/true, *response);
        return absl::OkStatus();
      });
}

}  // namespace storefront::migrator
