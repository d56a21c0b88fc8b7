// storefrontctl.
// SPDX-License-Identifier: Apache-2.0
#include <grpc/support/log.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cli/app.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace {

// Abseil measures the processor's clock, by 3 ms of sleep, when a thread waits for one of its
// mutexes for the first time. A call to a service always does; here the sleep passes beside the
// work before the call.
void MeasureClock() {
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const bool never = false;
  mutex.AwaitWithTimeout(absl::Condition(&never), absl::ZeroDuration());
}

}  // namespace

int main(int argc, char** argv) {
  const storefront::cli::Interrupt interrupt;
  const std::jthread measures_clock(MeasureClock);
  // stderr is for people: what a library has to say reaches them as an error of ours.
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kFatal);
  absl::InitializeLog();
  gpr_set_log_function([](gpr_log_func_args*) {});
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return storefront::cli::RunMain({argv + 1, argv + argc}, environment,
                                  storefront::cli::ProcessTerminal(), interrupt.token());
}
