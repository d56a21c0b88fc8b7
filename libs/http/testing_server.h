// A small HTTP server for tests, on a free port of 127.0.0.1: answers what it is told to, also
// slowly, wrongly or not at all.
//
// Thread-safety: the handler is called by one thread per connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "libs/sync/mutex.h"

namespace storefront::http {

struct ServedRequest {
  std::string method;
  std::string target;
  std::string body;
};

struct ServedResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  absl::Duration delay = absl::ZeroDuration();       // before the first byte
  absl::Duration byte_delay = absl::ZeroDuration();  // between bytes of the body
  bool hang = false;                                 // never answers; the connection stays open
  bool close = false;                                // closes the connection without an answer
  std::string raw = {};                              // sent instead of an HTTP answer
  std::string headers = {};                          // more header lines, each with \r\n
};

class TestingServer {
 public:
  using Handler = std::function<ServedResponse(const ServedRequest&)>;

  explicit TestingServer(Handler handler);
  ~TestingServer();
  TestingServer(const TestingServer&) = delete;
  TestingServer& operator=(const TestingServer&) = delete;

  // "http://127.0.0.1:PORT"
  std::string url() const;

 private:
  void Accept();
  void Serve(int connection);
  bool Answer(int connection, const ServedResponse& response);
  bool Wait(absl::Duration duration);

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::stop_source stop_;
  sync::Mutex mutex_;
  std::set<int> connections_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace storefront::http
