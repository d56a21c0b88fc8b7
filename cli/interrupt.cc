// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "cli/exit_code.h"

namespace storefront::cli {
namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::jthread([this](const std::stop_token& ended) {
    const sigset_t wanted = Signals();
    bool again = false;
    while (!ended.stop_requested()) {
      // A timed wait lets the destructor end this thread without a signal of its own.
      const timespec patience{.tv_sec = 0, .tv_nsec = 50'000'000};
      if (sigtimedwait(&wanted, nullptr, &patience) < 0) continue;
      if (again) _exit(static_cast<int>(ExitCode::kInterrupted));
      again = true;
      stop_.request_stop();
    }
  });
}

Interrupt::~Interrupt() { listener_.request_stop(); }

}  // namespace storefront::cli
