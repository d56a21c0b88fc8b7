// Single changes of one connector: hold it, let it run, restart it, remove it.
//
// Thread-safety: all methods. Lifetime: within that of what it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/connector-manager/name_locks.h"
#include "services/connector-manager/source_catalog.h"

namespace storefront::connectors {

struct Removal {
  bool deleted = false;
  std::vector<std::string> removed, remaining;
};

class ConnectorOperations {
 public:
  ConnectorOperations(ConnectApi& connect, SourceCatalog& source, SlotAdmin& slots,
                      NameLocks& locks, clock::Clock& clock)
      : connect_(connect), source_(source), slots_(slots), locks_(locks), clock_(clock) {}

  // Errors of ConnectApi; repeats change nothing.
  absl::Status Pause(const std::string& name, const CallLimits& limits);
  absl::Status Resume(const std::string& name, const CallLimits& limits);
  absl::Status Stop(const std::string& name, const CallLimits& limits);
  absl::Status Restart(const std::string& name, bool only_failed, const CallLimits& limits);

  // Order: stop, tasks gone, offsets, slot, connector: each step can be repeated. Absent is
  // success. `drop_slot` needs the connector to be there: its config names the slot.
  absl::StatusOr<Removal> Delete(const std::string& name, bool delete_offsets, bool drop_slot,
                                 const CallLimits& limits);

 private:
  absl::Status AwaitNoTasks(const std::string& name, const CallLimits& limits);
  // Sends a write that may be repeated until its answer is clear.
  template <typename Write>
  absl::Status Settled(const CallLimits& limits, Write write);

  ConnectApi& connect_;
  SourceCatalog& source_;
  SlotAdmin& slots_;
  NameLocks& locks_;
  clock::Clock& clock_;
};

}  // namespace storefront::connectors
