// Protobuf to domain and back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/connector-manager/apply_engine.h"
#include "services/connector-manager/connector_operations.h"
#include "services/connector-manager/pipeline_probe.h"
#include "storefront/connectors/v1/connectors.pb.h"

namespace storefront::connectors {

// The raw name of "connectors/{connector}"; percent-encoding is undone. INVALID_ARGUMENT names
// `field`.
absl::StatusOr<std::string> ConnectorFromResource(absl::string_view resource,
                                                  absl::string_view field);
// "connectors/…", percent-encoded where needed.
std::string ResourceOfConnector(absl::string_view name);
// The id of "connectorTemplates/{connector_template}". INVALID_ARGUMENT for what is no id.
absl::StatusOr<std::string> TemplateFromResource(absl::string_view resource);

absl::StatusOr<std::set<std::string>> NamesFromProto(
    const google::protobuf::RepeatedPtrField<std::string>& names, absl::string_view field);
absl::StatusOr<ApplyRequest> FromProto(const v1::ApplyConnectorsRequest& request);
// `timeout` of a probe; `usual` when the request has none.
absl::StatusOr<absl::Duration> ProbeTimeout(const v1::VerifyPipelineRequest& request,
                                            absl::Duration usual);

void ToProto(const ConnectorView& view, v1::Connector& out);
void ToProto(const SlotView& view, v1::ReplicationSlot& out);
void ToProto(const Finding& finding, v1::Finding& out);
void ToProto(const ConnectorPlan& plan, v1::ConnectorPlan& out);
void ToProto(const PlanStep& step, v1::ConnectorPlanStep& out);
void ToProto(const Applied& applied, v1::ApplyConnectorsResponse& out);
void ToProto(const Removal& removal, v1::DeleteConnectorResponse& out);
void ToProto(const ProbeResult& result, v1::VerifyPipelineResponse& out);
void ToProto(const ConnectorTemplate& parsed, v1::ConnectorTemplate& out);
void ToProto(const RenderedConfig& rendered, v1::RenderedConnector& out);

}  // namespace storefront::connectors
