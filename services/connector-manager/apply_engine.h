// Carries a plan out: writes by PUT only what differs, settles unclear answers by reading, waits
// until Connect and slot agree that it runs.
//
// Thread-safety: all methods. Lifetime: within that of what it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "services/connector-manager/connector_directory.h"
#include "services/connector-manager/name_locks.h"
#include "services/connector-manager/planner.h"

namespace storefront::connectors {

struct ApplyRequest {
  std::set<std::string> only;  // by name; empty = all
  std::string plan_token;
  std::set<std::string> confirm;
  bool allow_contract_change = false;
  bool wait_for_running = false;
  absl::Duration wait_timeout = absl::Seconds(30);
  bool validate_only = false;
};

enum class ApplyResult {
  kApplied,
  kUnchanged,
  kBlocked,
  kFailed,
  kPending,  // written, not seen to run in time
  kPlanned,
  kOutcomeUnknown,
};

absl::string_view ApplyResultName(ApplyResult result);

struct ApplyOutcome {
  PlanStep step;
  ApplyResult result = ApplyResult::kPlanned;
  absl::Status error;                 // kBlocked, kFailed, kOutcomeUnknown
  std::optional<ConnectorView> view;  // after it
};

struct Applied {
  std::vector<ApplyOutcome> outcomes;  // by connector
  std::string plan_token;
};

class ApplyEngine {
 public:
  ApplyEngine(Planner& planner, ConnectApi& connect, SourceCatalog& source,
              ConnectorDirectory& directory, NameLocks& locks, clock::Clock& clock)
      : planner_(planner),
        connect_(connect),
        source_(source),
        directory_(directory),
        locks_(locks),
        clock_(clock) {}

  // Errors, before anything is changed: ABORTED PLAN_CHANGED; FAILED_PRECONDITION
  // CONFIRMATION_REQUIRED with every violation; those of Planner::Plan.
  absl::StatusOr<Applied> Apply(const ApplyRequest& request, const CallLimits& limits);

 private:
  struct Written {
    bool is_new_task = false;  // a config was sent: the slot must get another reader
    int32_t slot_pid_before = 0;
  };

  ApplyOutcome ApplyStep(const PlanStep& step, const Planned& planned, const CallLimits& limits,
                         Written& written);
  // PUT; an unclear answer is settled by reading the config back.
  absl::Status WriteConfig(const std::string& name, const ConnectorConfig& config,
                           const CallLimits& limits);
  // True: the config arrived. False: it did not, a PUT may be sent again. Error: never found out.
  absl::StatusOr<bool> SettleWrite(const std::string& name, const ConnectorConfig& config,
                                   const CallLimits& limits);
  bool WaitForRunning(const std::string& name, const ConnectorConfig& config,
                      const Written& written, const CallLimits& limits);
  bool RunsNow(const std::string& name, const ConnectorConfig& config, const Written& written,
               const CallLimits& limits);
  int32_t SlotPid(const ConnectorConfig& config, const CallLimits& limits);

  Planner& planner_;
  ConnectApi& connect_;
  SourceCatalog& source_;
  ConnectorDirectory& directory_;
  NameLocks& locks_;
  clock::Clock& clock_;
};

}  // namespace storefront::connectors
