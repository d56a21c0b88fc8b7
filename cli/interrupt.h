// Ctrl-C and SIGTERM as a stop request; the second one ends the process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

namespace storefront::cli {

// Make it first in main, before any thread: it blocks the signals for all of them.
// Lifetime: until the end of main.
class Interrupt final {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread listener_;
};

}  // namespace storefront::cli
