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
  sigset_t set = Signals();
  sigaddset(&set, SIGRTMIN);  // from the destructor; nobody else sends it
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::jthread([this, set](const std::stop_token& ended) {
    bool again = false;
    while (!ended.stop_requested()) {
      if (const int got = sigwaitinfo(&set, nullptr); got < 0 || got == SIGRTMIN) continue;
      if (again) _exit(static_cast<int>(ExitCode::kInterrupted));
      again = true;
      stop_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  listener_.request_stop();
  // A wait with a timeout would make every command that much slower.
  pthread_kill(listener_.native_handle(), SIGRTMIN);
}

}  // namespace storefront::cli
