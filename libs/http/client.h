// An HTTP/1.1 client for servers inside the stack.
//
// What it holds: a connect timeout and a total timeout on every call; a cap on the answer's body;
// no redirects, no proxy (also none from the environment), http and https only; a stop ends a call
// within a second; connections are kept and used again.
//
// Thread-safety: all methods; each call under way has a connection of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace storefront::http {

struct Request {
  std::string method = "GET";
  std::string target;     // path and query, already encoded: "/connectors/a%20b?expand=status"
  std::string body = {};  // sent as application/json when the method has one
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(15);  // of the whole call; <= 0 fails at once
  int64_t body_bytes_max = 16 << 20;
};

struct Response {
  int status = 0;
  std::string content_type;  // lower case, without parameters: "application/json"
  std::string body;
};

// Whether the server may have seen the request of a failed call. Metadata "request_sent".
bool MayHaveBeenSent(const absl::Status& failure);

class Client {
 public:
  // `base_url` has scheme, host and port and no path: "http://127.0.0.1:8083". `backend` names the
  // server in errors: "connect".
  Client(std::string base_url, std::string backend);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any HTTP status is an answer, not an error. Errors:
  //   UNAVAILABLE BACKEND_UNAVAILABLE  refused, not found, connection lost;
  //   DEADLINE_EXCEEDED DEADLINE_PASSED  a timeout passed;
  //   CANCELLED CALL_CANCELLED  the stop came;
  //   INTERNAL UPSTREAM_MALFORMED  not HTTP, or a body larger than the cap.
  absl::StatusOr<Response> Send(const Request& request, const std::stop_token& stop = {});

 private:
  class Pool;
  const std::string base_url_;
  const std::string backend_;
  std::unique_ptr<Pool> pool_;
};

// A path segment with everything but [A-Za-z0-9._~-] percent-encoded. `.` and `..` as a whole are
// encoded too: servers would take them for a step in the path.
std::string EncodeSegment(absl::string_view text);

}  // namespace storefront::http
