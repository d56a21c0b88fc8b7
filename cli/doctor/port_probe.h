// Who answers on a TCP port: the server that should, another one, or nobody.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/time/time.h"

namespace storefront::cli {

enum class Protocol {
  kPostgres,  // answers an SSLRequest with S or N
  kKafka,     // answers an ApiVersions request with its correlation id
  kHttp,      // answers GET with HTTP/1.
  kHttp2,     // answers the preface with a SETTINGS frame: gRPC
};

enum class PortState {
  kClosed,   // refused, or no such host
  kSilent,   // open, but no answer in time
  kForeign,  // answers in another protocol
  kSpeaks,   // answers as it should
};

struct PortAnswer {
  PortState state = PortState::kClosed;
  std::string owner = {};  // "python3 (pid 4711)" of a port of this machine, if it can be seen
  int http_status = 0;     // kHttp only
};

// Connects to host:port and greets; at most `timeout`. `path` is what HTTP asks for.
PortAnswer ProbePort(const std::string& address, Protocol protocol, const std::string& path,
                     absl::Duration timeout);

// The first bytes that are sent, and whether an answer is of that protocol. Pure.
std::string Greeting(Protocol protocol, const std::string& host, const std::string& path);
bool IsAnswerOf(Protocol protocol, const std::string& bytes);

}  // namespace storefront::cli
