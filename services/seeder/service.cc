// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/grpcserver/paging.h"
#include "libs/status/macros.h"
#include "services/seeder/convert.h"

namespace storefront::seeder {
namespace {

using grpcserver::CallScope;

grpcserver::Method Resolve(grpcserver::Edge& edge, const char* method) {
  return edge.Resolve(v1::SeederService::service_full_name(), method);
}

}  // namespace

SeederEdge::SeederEdge(grpcserver::Edge& edge, SeedRunRegistry& runs,
                       StorefrontInspector& inspector, SlotMonitor& slots, JobOptions defaults)
    : edge_(edge),
      runs_(runs),
      inspector_(inspector),
      slots_(slots),
      defaults_(std::move(defaults)),
      start_full_load_(Resolve(edge, "StartFullLoad")),
      start_deltas_(Resolve(edge, "StartDeltas")),
      get_(Resolve(edge, "GetSeedRun")),
      list_(Resolve(edge, "ListSeedRuns")),
      update_(Resolve(edge, "UpdateSeedRun")),
      pause_(Resolve(edge, "PauseSeedRun")),
      resume_(Resolve(edge, "ResumeSeedRun")),
      stop_(Resolve(edge, "StopSeedRun")),
      cancel_(Resolve(edge, "CancelSeedRun")),
      watch_(Resolve(edge, "WatchSeedRun")),
      verify_(Resolve(edge, "VerifyStorefront")),
      stats_(Resolve(edge, "GetStorefrontStats")) {}

grpc::ServerUnaryReactor* SeederEdge::StartFullLoad(grpc::CallbackServerContext* call,
                                                    const v1::StartFullLoadRequest* request,
                                                    v1::SeedRun* response) {
  return edge_.Unary(
      call, start_full_load_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const FullLoadParameters parameters, FromProto(*request, defaults_));
        ASSIGN_OR_RETURN(const SeedRun run,
                         runs_.StartFullLoad(parameters, StartOptionsFrom(*request)));
        ToProto(run, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SeederEdge::StartDeltas(grpc::CallbackServerContext* call,
                                                  const v1::StartDeltasRequest* request,
                                                  v1::SeedRun* response) {
  return edge_.Unary(
      call, start_deltas_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const SeedRun run, runs_.StartDeltas(FromProto(*request, defaults_),
                                                              StartOptionsFrom(*request)));
        ToProto(run, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SeederEdge::GetSeedRun(grpc::CallbackServerContext* call,
                                                 const v1::GetSeedRunRequest* request,
                                                 v1::SeedRun* response) {
  return edge_.Unary(call, get_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    ASSIGN_OR_RETURN(const SeedRun run, runs_.Get(request->name()));
    ToProto(run, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SeederEdge::ListSeedRuns(grpc::CallbackServerContext* call,
                                                   const v1::ListSeedRunsRequest* request,
                                                   v1::ListSeedRunsResponse* response) {
  return edge_.Unary(call, list_, *request, *response, [=, this](const CallScope&) -> absl::Status {
    ASSIGN_OR_RETURN(const grpcserver::Page page,
                     grpcserver::ResolvePage(request->page_size(), request->page_token(), ""));
    ASSIGN_OR_RETURN(const RunPage runs, runs_.List(page.offset, page.size));
    for (const SeedRun& run : runs.runs) ToProto(run, *response->add_seed_runs());
    response->set_next_page_token(page.NextToken(static_cast<size_t>(runs.total)));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SeederEdge::UpdateSeedRun(grpc::CallbackServerContext* call,
                                                    const v1::UpdateSeedRunRequest* request,
                                                    v1::SeedRun* response) {
  return edge_.Unary(
      call, update_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const RunChange change, FromProto(*request));
        ASSIGN_OR_RETURN(
            const SeedRun run,
            runs_.ChangeRate(request->seed_run().name(), change.events_per_second, change.etag));
        ToProto(run, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SeederEdge::PauseSeedRun(grpc::CallbackServerContext* call,
                                                   const v1::PauseSeedRunRequest* request,
                                                   v1::SeedRun* response) {
  return edge_.Unary(call, pause_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const SeedRun run, runs_.Pause(request->name()));
                       ToProto(run, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* SeederEdge::ResumeSeedRun(grpc::CallbackServerContext* call,
                                                    const v1::ResumeSeedRunRequest* request,
                                                    v1::SeedRun* response) {
  return edge_.Unary(call, resume_, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const SeedRun run, runs_.Resume(request->name()));
                       ToProto(run, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* SeederEdge::StopSeedRun(grpc::CallbackServerContext* call,
                                                  const v1::StopSeedRunRequest* request,
                                                  v1::SeedRun* response) {
  return edge_.Unary(call, stop_, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       ASSIGN_OR_RETURN(const SeedRun run, runs_.Stop(request->name(), scope.stop));
                       ToProto(run, *response);
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* SeederEdge::CancelSeedRun(grpc::CallbackServerContext* call,
                                                    const v1::CancelSeedRunRequest* request,
                                                    v1::SeedRun* response) {
  return edge_.Unary(
      call, cancel_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const SeedRun run, runs_.Cancel(request->name(), scope.stop));
        ToProto(run, *response);
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<v1::WatchSeedRunResponse>* SeederEdge::WatchSeedRun(
    grpc::CallbackServerContext* call, const v1::WatchSeedRunRequest* request) {
  using Sink = grpcserver::WatchSink<v1::WatchSeedRunResponse>;
  return edge_.Watch<v1::WatchSeedRunResponse>(
      call, watch_, *request,
      [name = request->name(), after = request->after_sequence(), this](
          const CallScope&, std::shared_ptr<Sink> sink) -> absl::StatusOr<sync::Subscription> {
        return runs_.Watch(name, [sink = std::move(sink), after](const SeedRun& run) {
          const bool ended = HasEnded(run.state);
          if (run.progress.sequence <= after && !ended) return;
          v1::WatchSeedRunResponse message;
          ToProto(run, *message.mutable_seed_run());
          sink->Publish(std::move(message));
          if (ended) sink->End(absl::OkStatus());
        });
      });
}

grpc::ServerUnaryReactor* SeederEdge::VerifyStorefront(grpc::CallbackServerContext* call,
                                                       const v1::VerifyStorefrontRequest* request,
                                                       v1::SeedRun* response) {
  return edge_.Unary(
      call, verify_, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const SeedRun run,
                         runs_.StartVerify(FromProto(*request), StartOptionsFrom(*request)));
        ToProto(run, *response);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SeederEdge::GetStorefrontStats(
    grpc::CallbackServerContext* call, const v1::GetStorefrontStatsRequest* request,
    v1::StorefrontStats* response) {
  return edge_.Unary(
      call, stats_, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const auto tables, inspector_.ReadStats(request->digest(), scope.stop));
        ASSIGN_OR_RETURN(const int64_t lag, slots_.LargestLagBytes());
        ToProto(tables, request->digest(), lag, *response);
        return absl::OkStatus();
      });
}

}  // namespace storefront::seeder
