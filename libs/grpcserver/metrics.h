// The RPC metrics that every server has.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace storefront::grpcserver {

// "NOT_FOUND": the code's name as gRPC writes it.
std::string CodeName(absl::StatusCode code);

// grpc_server_started_total, grpc_server_handled_total{grpc_code}, grpc_server_handling_seconds,
// each with grpc_service and grpc_method; grpc_server_streams_open.
// Thread-safety: all methods.
class RpcMetrics {
 public:
  explicit RpcMetrics(prometheus::Registry& registry);

  // `full_name` is "package.Service/Method".
  void Started(absl::string_view full_name);
  void Handled(absl::string_view full_name, absl::StatusCode code, absl::Duration took);
  void StreamsOpen(size_t open);

 private:
  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Gauge& streams_;
};

}  // namespace storefront::grpcserver
