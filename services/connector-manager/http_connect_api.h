// ConnectApi over HTTP.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/connector-manager/connect_api.h"

namespace storefront::connectors {

struct ConnectTimeouts {
  absl::Duration connect = absl::Seconds(2);
  absl::Duration list_and_status = absl::Seconds(5);
  absl::Duration health = absl::Seconds(12);
  absl::Duration read = absl::Seconds(15);  // and validate
  absl::Duration write = absl::Seconds(20);
};

struct HttpConnectOptions {
  std::string url;  // "http://127.0.0.1:8083"
  ConnectTimeouts timeouts;
  int64_t in_flight_max = 4;
  int64_t body_bytes_max = 16 << 20;
  // Called once per request with its call ("put config"), the HTTP status or the error's code, and
  // how long it took.
  std::function<void(const std::string& call, const std::string& code, absl::Duration took)>
      observer;
};

std::unique_ptr<ConnectApi> MakeHttpConnectApi(HttpConnectOptions options, clock::Clock& clock);

}  // namespace storefront::connectors
