// A session on a fake clock, fake services and streams in memory, for tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cli/fake_rpc_caller.h"
#include "cli/session.h"
#include "cli/settings_rows.h"
#include "libs/testing/fake_clock.h"

namespace storefront::cli {

class SessionFixture {
 public:
  explicit SessionFixture(const std::vector<std::string>& arguments = {})
      : settings(*config::Settings::Parse("ctl", SettingRows(), arguments, {})),
        session({.settings = settings,
                 .rpc = rpc,
                 .terminal = terminal,
                 .clock = clock,
                 .stop = stop.get_token(),
                 .request_id = "made-id"}) {}

  std::istringstream in;
  std::ostringstream out, err;
  Terminal terminal{.in = in, .out = out, .err = err};
  testing::FakeClock clock;
  std::stop_source stop;
  FakeRpcCaller rpc;
  config::Settings settings;
  Session session;
};

}  // namespace storefront::cli
