// Proves that changes flow: a marker row in, its change event out.
//
// Thread-safety: all methods. Lifetime: within that of what it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/connector-manager/change_reader.h"
#include "services/connector-manager/connector_directory.h"
#include "services/connector-manager/marker_store.h"
#include "services/connector-manager/probe_memory.h"

namespace storefront::connectors {

struct ProbeResult {
  absl::Duration latency;  // from the commit to the event, steady clock
  absl::Time time;
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string source_lsn;
  int64_t slot_lag_bytes = 0;
};

class PipelineProbe {
 public:
  PipelineProbe(ConnectApi& connect, MarkerStore& markers, ChangeReader& reader,
                ConnectorDirectory& directory, ProbeMemory& memory, clock::Clock& clock)
      : connect_(connect),
        markers_(markers),
        reader_(reader),
        directory_(directory),
        memory_(memory),
        clock_(clock) {}

  // One probe per connector at a time; calls during it, and within a second after it, share its
  // result. DEADLINE_EXCEEDED PROBE_NOT_SEEN with metadata `class`; FAILED_PRECONDITION
  // PROBE_FORMAT_UNKNOWN; NOT_FOUND; UNAVAILABLE when Postgres, Kafka or Connect is not reached.
  absl::StatusOr<ProbeResult> Verify(const std::string& connector, absl::Duration timeout,
                                     const CallLimits& limits);

 private:
  struct Shared {
    bool running = false;
    int64_t generation = 0;
    clock::SteadyTime ended;
    absl::StatusOr<ProbeResult> result = absl::UnknownError("no probe yet");
  };

  absl::StatusOr<ProbeResult> Run(const std::string& connector, const CallLimits& limits);
  absl::StatusOr<std::unique_ptr<ChangeStream>> Open(const std::string& topic,
                                                     const std::string& marker,
                                                     const CallLimits& limits);
  absl::Status NotSeen(const std::string& connector, const std::string& topic);

  ConnectApi& connect_;
  MarkerStore& markers_;
  ChangeReader& reader_;
  ConnectorDirectory& directory_;
  ProbeMemory& memory_;
  clock::Clock& clock_;
  sync::Mutex mutex_;
  sync::CondVar ended_;
  std::map<std::string, Shared> shared_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::connectors
