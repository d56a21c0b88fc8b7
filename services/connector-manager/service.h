// ConnectorService over gRPC: validate, convert, call the domain, map.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "libs/grpcserver/edge.h"
#include "services/connector-manager/apply_engine.h"
#include "services/connector-manager/connector_operations.h"
#include "services/connector-manager/pipeline_probe.h"
#include "storefront/connectors/v1/connectors.grpc.pb.h"

namespace storefront::connectors {

// What the service calls. All outlive it.
struct ConnectorDomain {
  TemplateSource& templates;
  Planner& planner;
  ApplyEngine& apply;
  ConnectorDirectory& directory;
  ConnectorOperations& operations;
  PipelineProbe& probe;
  ConnectApi& connect;
  absl::Duration probe_timeout;
};

// Thread-safety: all methods.
class ConnectorEdge final : public v1::ConnectorService::CallbackService {
 public:
  ConnectorEdge(grpcserver::Edge& edge, const ConnectorDomain& domain);

  using Call = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* ListConnectors(Call* call, const v1::ListConnectorsRequest* request,
                          v1::ListConnectorsResponse* response) override;
  Reactor* GetConnector(Call* call, const v1::GetConnectorRequest* request,
                        v1::Connector* response) override;
  Reactor* PlanConnectors(Call* call, const v1::PlanConnectorsRequest* request,
                          v1::ConnectorPlan* response) override;
  Reactor* ApplyConnectors(Call* call, const v1::ApplyConnectorsRequest* request,
                           v1::ApplyConnectorsResponse* response) override;
  Reactor* DeleteConnector(Call* call, const v1::DeleteConnectorRequest* request,
                           v1::DeleteConnectorResponse* response) override;
  Reactor* PauseConnector(Call* call, const v1::PauseConnectorRequest* request,
                          v1::Connector* response) override;
  Reactor* ResumeConnector(Call* call, const v1::ResumeConnectorRequest* request,
                           v1::Connector* response) override;
  Reactor* StopConnector(Call* call, const v1::StopConnectorRequest* request,
                         v1::Connector* response) override;
  Reactor* RestartConnector(Call* call, const v1::RestartConnectorRequest* request,
                            v1::Connector* response) override;
  Reactor* VerifyPipeline(Call* call, const v1::VerifyPipelineRequest* request,
                          v1::VerifyPipelineResponse* response) override;
  Reactor* ListConnectorTemplates(Call* call, const v1::ListConnectorTemplatesRequest* request,
                                  v1::ListConnectorTemplatesResponse* response) override;
  Reactor* GetConnectorTemplate(Call* call, const v1::GetConnectorTemplateRequest* request,
                                v1::ConnectorTemplate* response) override;
  Reactor* RenderConnectorTemplate(Call* call, const v1::RenderConnectorTemplateRequest* request,
                                   v1::RenderedConnector* response) override;
  Reactor* DescribeConnectCluster(Call* call, const v1::DescribeConnectClusterRequest* request,
                                  v1::ConnectCluster* response) override;
  Reactor* ListReplicationSlots(Call* call, const v1::ListReplicationSlotsRequest* request,
                                v1::ListReplicationSlotsResponse* response) override;

 private:
  struct Methods {
    grpcserver::Method list, get, plan, apply, remove, pause, resume, stop, restart, verify,
        list_templates, get_template, render, describe, list_slots;
  };
  static Methods ResolveAll(grpcserver::Edge& edge);

  // The connector's view after a change of it.
  absl::Status Answer(const std::string& name, const CallLimits& limits, v1::Connector* response);

  grpcserver::Edge& edge_;
  const ConnectorDomain domain_;
  const Methods methods_;
};

}  // namespace storefront::connectors
