// The fake cluster behind HTTP, as Connect's REST interface: for tests of the adapter.
//
// Thread-safety: all methods.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "libs/http/testing_server.h"
#include "services/connector-manager/fake_connect_cluster.h"

namespace storefront::connectors {

class FakeConnectServer {
 public:
  explicit FakeConnectServer(FakeConnectCluster& cluster);

  std::string url() const { return server_.url(); }

  // Every request gets this answer until it is taken away: HTML, a hang, a slow or huge body.
  void SetOverride(std::optional<http::ServedResponse> response);

 private:
  http::ServedResponse Serve(const http::ServedRequest& request);

  FakeConnectCluster& cluster_;
  sync::Mutex mutex_;
  std::optional<http::ServedResponse> override_ ABSL_GUARDED_BY(mutex_);
  http::TestingServer server_;  // last: its threads use the rest
};

}  // namespace storefront::connectors
