// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/metrics.h"

#include <map>

#include "absl/strings/str_split.h"

namespace storefront::grpcserver {
namespace {

using Labels = std::map<std::string, std::string>;

Labels LabelsOf(absl::string_view full_name) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(full_name, absl::MaxSplits('/', 1));
  return {{"grpc_service", parts.first}, {"grpc_method", parts.second}};
}

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return buckets;
}

}  // namespace

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

RpcMetrics::RpcMetrics(prometheus::Registry& registry)
    : started_(prometheus::BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("RPCs that arrived.")
                   .Register(registry)),
      handled_(prometheus::BuildCounter()
                   .Name("grpc_server_handled_total")
                   .Help("RPCs that were answered, by code.")
                   .Register(registry)),
      seconds_(prometheus::BuildHistogram()
                   .Name("grpc_server_handling_seconds")
                   .Help("Seconds from arrival to answer.")
                   .Register(registry)),
      streams_(prometheus::BuildGauge()
                   .Name("grpc_server_streams_open")
                   .Help("Server streams that are open.")
                   .Register(registry)
                   .Add({})) {}

void RpcMetrics::Started(absl::string_view full_name) {
  started_.Add(LabelsOf(full_name)).Increment();
}

void RpcMetrics::Handled(absl::string_view full_name, absl::StatusCode code, absl::Duration took) {
  Labels labels = LabelsOf(full_name);
  seconds_.Add(labels, Buckets()).Observe(absl::ToDoubleSeconds(took));
  labels["grpc_code"] = CodeName(code);
  handled_.Add(labels).Increment();
}

void RpcMetrics::StreamsOpen(size_t open) { streams_.Set(static_cast<double>(open)); }

}  // namespace storefront::grpcserver
