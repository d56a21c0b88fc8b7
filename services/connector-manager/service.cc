// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/service.h"

#include <utility>

#include "libs/grpcserver/call_scope.h"
#include "libs/grpcserver/paging.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/convert.h"

namespace storefront::connectors {
namespace {

using grpcserver::CallScope;

CallLimits LimitsOf(const CallScope& scope) { return {scope.deadline, scope.stop}; }

// One page of `all`, by a converter for one item.
template <typename Request, typename Item, typename Add>
absl::StatusOr<std::string> PageOf(const Request& request, const std::vector<Item>& all, Add add) {
  ASSIGN_OR_RETURN(const grpcserver::Page page,
                   grpcserver::ResolvePage(request.page_size(), request.page_token(), ""));
  for (size_t i = page.offset; i < all.size() && i - page.offset < page.size; ++i) add(all[i]);
  return page.NextToken(all.size());
}

}  // namespace

ConnectorEdge::Methods ConnectorEdge::ResolveAll(grpcserver::Edge& edge) {
  const auto resolve = [&edge](const std::string& method) {
    return edge.Resolve(v1::ConnectorService::service_full_name(), method);
  };
  return {.list = resolve("ListConnectors"),
          .get = resolve("GetConnector"),
          .plan = resolve("PlanConnectors"),
          .apply = resolve("ApplyConnectors"),
          .remove = resolve("DeleteConnector"),
          .pause = resolve("PauseConnector"),
          .resume = resolve("ResumeConnector"),
          .stop = resolve("StopConnector"),
          .restart = resolve("RestartConnector"),
          .verify = resolve("VerifyPipeline"),
          .list_templates = resolve("ListConnectorTemplates"),
          .get_template = resolve("GetConnectorTemplate"),
          .render = resolve("RenderConnectorTemplate"),
          .describe = resolve("DescribeConnectCluster"),
          .list_slots = resolve("ListReplicationSlots")};
}

ConnectorEdge::ConnectorEdge(grpcserver::Edge& edge, const ConnectorDomain& domain)
    : edge_(edge), domain_(domain), methods_(ResolveAll(edge)) {}

ConnectorEdge::Reactor* ConnectorEdge::ListConnectors(Call* call,
                                                      const v1::ListConnectorsRequest* request,
                                                      v1::ListConnectorsResponse* response) {
  return edge_.Unary(
      call, methods_.list, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const auto views, domain_.directory.List(LimitsOf(scope)));
        ASSIGN_OR_RETURN(*response->mutable_next_page_token(),
                         PageOf(*request, views, [response](const ConnectorView& view) {
                           ToProto(view, *response->add_connectors());
                         }));
        return absl::OkStatus();
      });
}

absl::Status ConnectorEdge::Answer(const std::string& name, const CallLimits& limits,
                                   v1::Connector* response) {
  ASSIGN_OR_RETURN(const ConnectorView view, domain_.directory.Get(name, limits));
  ToProto(view, *response);
  return absl::OkStatus();
}

ConnectorEdge::Reactor* ConnectorEdge::GetConnector(Call* call,
                                                    const v1::GetConnectorRequest* request,
                                                    v1::Connector* response) {
  return edge_.Unary(
      call, methods_.get, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, ConnectorFromResource(request->name(), "name"));
        return Answer(name, LimitsOf(scope), response);
      });
}

ConnectorEdge::Reactor* ConnectorEdge::PlanConnectors(Call* call,
                                                      const v1::PlanConnectorsRequest* request,
                                                      v1::ConnectorPlan* response) {
  return edge_.Unary(
      call, methods_.plan, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const auto only, NamesFromProto(request->connectors(), "connectors"));
        ASSIGN_OR_RETURN(const Planned planned, domain_.planner.Plan(only, LimitsOf(scope)));
        ToProto(planned.plan, *response);
        return absl::OkStatus();
      });
}

ConnectorEdge::Reactor* ConnectorEdge::ApplyConnectors(Call* call,
                                                       const v1::ApplyConnectorsRequest* request,
                                                       v1::ApplyConnectorsResponse* response) {
  return edge_.Unary(
      call, methods_.apply, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const ApplyRequest apply, FromProto(*request));
        ASSIGN_OR_RETURN(const Applied applied, domain_.apply.Apply(apply, LimitsOf(scope)));
        ToProto(applied, *response);
        return absl::OkStatus();
      });
}

ConnectorEdge::Reactor* ConnectorEdge::DeleteConnector(Call* call,
                                                       const v1::DeleteConnectorRequest* request,
                                                       v1::DeleteConnectorResponse* response) {
  return edge_.Unary(
      call, methods_.remove, *request, *response,
      [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, ConnectorFromResource(request->name(), "name"));
        if (request->confirmation() != name) {
          return status::Error(
              {.code = absl::StatusCode::kInvalidArgument,
               .reason = status::Reason::kConfirmationMismatch,
               .message = "The confirmation must be the connector's display name.",
               .fields = {{"confirmation", "is not the connector's display name"}}});
        }
        ASSIGN_OR_RETURN(const Removal removal,
                         domain_.operations.Delete(name, request->cleanup().offsets(),
                                                   request->cleanup().slot(), LimitsOf(scope)));
        ToProto(removal, *response);
        return absl::OkStatus();
      });
}

ConnectorEdge::Reactor* ConnectorEdge::PauseConnector(Call* call,
                                                      const v1::PauseConnectorRequest* request,
                                                      v1::Connector* response) {
  return edge_.Unary(
      call, methods_.pause, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, ConnectorFromResource(request->name(), "name"));
        RETURN_IF_ERROR(domain_.operations.Pause(name, LimitsOf(scope)));
        return Answer(name, LimitsOf(scope), response);
      });
}

ConnectorEdge::Reactor* ConnectorEdge::ResumeConnector(Call* call,
                                                       const v1::ResumeConnectorRequest* request,
                                                       v1::Connector* response) {
  return edge_.Unary(call, methods_.resume, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       ASSIGN_OR_RETURN(const std::string name,
                                        ConnectorFromResource(request->name(), "name"));
                       RETURN_IF_ERROR(domain_.operations.Resume(name, LimitsOf(scope)));
                       return Answer(name, LimitsOf(scope), response);
                     });
}

ConnectorEdge::Reactor* ConnectorEdge::StopConnector(Call* call,
                                                     const v1::StopConnectorRequest* request,
                                                     v1::Connector* response) {
  return edge_.Unary(
      call, methods_.stop, *request, *response, [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, ConnectorFromResource(request->name(), "name"));
        RETURN_IF_ERROR(domain_.operations.Stop(name, LimitsOf(scope)));
        return Answer(name, LimitsOf(scope), response);
      });
}

ConnectorEdge::Reactor* ConnectorEdge::RestartConnector(Call* call,
                                                        const v1::RestartConnectorRequest* request,
                                                        v1::Connector* response) {
  return edge_.Unary(
      call, methods_.restart, *request, *response,
      [=, this](const CallScope& scope) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string name, ConnectorFromResource(request->name(), "name"));
        RETURN_IF_ERROR(domain_.operations.Restart(name, request->only_failed(), LimitsOf(scope)));
        return Answer(name, LimitsOf(scope), response);
      });
}

ConnectorEdge::Reactor* ConnectorEdge::VerifyPipeline(Call* call,
                                                      const v1::VerifyPipelineRequest* request,
                                                      v1::VerifyPipelineResponse* response) {
  return edge_.Unary(call, methods_.verify, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       ASSIGN_OR_RETURN(const std::string name,
                                        ConnectorFromResource(request->name(), "name"));
                       ASSIGN_OR_RETURN(const absl::Duration timeout,
                                        ProbeTimeout(*request, domain_.probe_timeout));
                       ASSIGN_OR_RETURN(const ProbeResult result,
                                        domain_.probe.Verify(name, timeout, LimitsOf(scope)));
                       ToProto(result, *response);
                       return absl::OkStatus();
                     });
}

ConnectorEdge::Reactor* ConnectorEdge::ListConnectorTemplates(
    Call* call, const v1::ListConnectorTemplatesRequest* request,
    v1::ListConnectorTemplatesResponse* response) {
  return edge_.Unary(call, methods_.list_templates, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const auto files, domain_.templates.Templates());
                       ASSIGN_OR_RETURN(
                           *response->mutable_next_page_token(),
                           PageOf(*request, files, [response](const TemplateFile& file) {
                             ToProto(ParseConnectorTemplate(file.id, file.content),
                                     *response->add_connector_templates());
                           }));
                       return absl::OkStatus();
                     });
}

ConnectorEdge::Reactor* ConnectorEdge::GetConnectorTemplate(
    Call* call, const v1::GetConnectorTemplateRequest* request, v1::ConnectorTemplate* response) {
  return edge_.Unary(call, methods_.get_template, *request, *response,
                     [=, this](const CallScope&) -> absl::Status {
                       ASSIGN_OR_RETURN(const std::string id,
                                        TemplateFromResource(request->name()));
                       ASSIGN_OR_RETURN(const TemplateFile file, domain_.templates.Template(id));
                       ToProto(ParseConnectorTemplate(file.id, file.content), *response);
                       return absl::OkStatus();
                     });
}

ConnectorEdge::Reactor* ConnectorEdge::RenderConnectorTemplate(
    Call* call, const v1::RenderConnectorTemplateRequest* request,
    v1::RenderedConnector* response) {
  return edge_.Unary(
      call, methods_.render, *request, *response, [=, this](const CallScope&) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string id, TemplateFromResource(request->name()));
        ASSIGN_OR_RETURN(const RenderedConfig rendered, domain_.planner.RenderOne(id));
        ToProto(rendered, *response);
        return absl::OkStatus();
      });
}

ConnectorEdge::Reactor* ConnectorEdge::DescribeConnectCluster(
    Call* call, const v1::DescribeConnectClusterRequest* request, v1::ConnectCluster* response) {
  return edge_.Unary(
      call, methods_.describe, *request, *response,
      [=, this](const CallScope& scope) -> absl::Status {
        const CallLimits limits = LimitsOf(scope);
        switch (domain_.connect.Health(limits)) {
          case ConnectHealth::kHealthy:
            response->set_health(v1::ConnectCluster::HEALTHY);
            break;
          case ConnectHealth::kStarting:
            response->set_health(v1::ConnectCluster::STARTING);
            response->set_message("Kafka Connect answers, but is not ready yet.");
            return absl::OkStatus();
          case ConnectHealth::kKafkaUnreachable:
            response->set_health(v1::ConnectCluster::KAFKA_UNREACHABLE);
            response->set_message("Kafka Connect answers, but does not reach Kafka.");
            return absl::OkStatus();
          case ConnectHealth::kDown:
            response->set_health(v1::ConnectCluster::DOWN);
            response->set_message("Kafka Connect does not answer.");
            return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(const WorkerInfo worker, domain_.connect.Worker(limits));
        response->set_version(worker.version);
        response->set_kafka_cluster_id(worker.kafka_cluster_id);
        ASSIGN_OR_RETURN(const auto plugins, domain_.connect.Plugins(limits));
        for (const ConnectPlugin& plugin : plugins) {
          v1::ConnectPluginRef& shown = *response->add_plugins();
          shown.set_plugin_class(plugin.plugin_class);
          shown.set_type(plugin.type);
          shown.set_version(plugin.version);
        }
        return absl::OkStatus();
      });
}

ConnectorEdge::Reactor* ConnectorEdge::ListReplicationSlots(
    Call* call, const v1::ListReplicationSlotsRequest* request,
    v1::ListReplicationSlotsResponse* response) {
  return edge_.Unary(call, methods_.list_slots, *request, *response,
                     [=, this](const CallScope& scope) -> absl::Status {
                       ASSIGN_OR_RETURN(const auto slots, domain_.directory.Slots(LimitsOf(scope)));
                       ASSIGN_OR_RETURN(*response->mutable_next_page_token(),
                                        PageOf(*request, slots, [response](const SlotView& slot) {
                                          ToProto(slot, *response->add_replication_slots());
                                        }));
                       return absl::OkStatus();
                     });
}

}  // namespace storefront::connectors
