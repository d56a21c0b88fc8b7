// What the body of an RPC knows of its call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace storefront::grpcserver {

// A body that can take long watches `stop`: it is requested when the client cancels, when the
// deadline passes and when the server stops. Hooks on it come by std::stop_callback only, and
// never block.
struct CallScope {
  clock::SteadyTime deadline;  // min(client's deadline, the method's cap)
  std::stop_token stop;
  std::string request_id;  // from x-request-id, else made; in the log line and in INTERNAL errors
  std::string principal;   // the token's name; "anonymous" with auth_mode none
};

}  // namespace storefront::grpcserver
