// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_operations.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_lint.h"

namespace storefront::connectors {
namespace {

constexpr absl::Duration kStatusPollInterval = absl::Milliseconds(100);
constexpr absl::Duration kRepeatInterval = absl::Milliseconds(500);

}  // namespace

template <typename Write>
absl::Status ConnectorOperations::Settled(const CallLimits& limits, Write write) {
  for (;;) {
    const absl::Status status = write();
    if (status::ReasonOf(status) != status::Reason::kOutcomeUnknown) return status;
    const clock::SteadyTime next = clock_.Steady() + kRepeatInterval;
    if (next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = status::Reason::kOutcomeUnknown,
                            .message = std::string(status.message()),
                            .metadata = {{"backend", "connect"}}});
    }
  }
}

absl::Status ConnectorOperations::Pause(const std::string& name, const CallLimits& limits) {
  ASSIGN_OR_RETURN(const auto hold, locks_.Acquire(name, limits, clock_));
  return Settled(limits, [&] { return connect_.Pause(name, limits); });
}

absl::Status ConnectorOperations::Resume(const std::string& name, const CallLimits& limits) {
  ASSIGN_OR_RETURN(const auto hold, locks_.Acquire(name, limits, clock_));
  return Settled(limits, [&] { return connect_.Resume(name, limits); });
}

absl::Status ConnectorOperations::Stop(const std::string& name, const CallLimits& limits) {
  ASSIGN_OR_RETURN(const auto hold, locks_.Acquire(name, limits, clock_));
  return Settled(limits, [&] { return connect_.Stop(name, limits); });
}

absl::Status ConnectorOperations::Restart(const std::string& name, bool only_failed,
                                          const CallLimits& limits) {
  ASSIGN_OR_RETURN(const auto hold, locks_.Acquire(name, limits, clock_));
  return connect_.Restart(name, only_failed, limits);  // a second restart would be one too many
}

absl::Status ConnectorOperations::AwaitNoTasks(const std::string& name, const CallLimits& limits) {
  for (;;) {
    const auto status = connect_.GetStatus(name, limits);
    if (status.ok() && status->state == "STOPPED" && status->tasks.empty()) return absl::OkStatus();
    if (!status.ok()) return status.status();
    const clock::SteadyTime next = clock_.Steady() + kStatusPollInterval;
    if (next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) {
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = status::Reason::kDeadlinePassed,
                            .message = absl::StrCat("Connector ", name, " did not stop in time.")});
    }
  }
}

absl::StatusOr<Removal> ConnectorOperations::Delete(const std::string& name, bool delete_offsets,
                                                    bool drop_slot, const CallLimits& limits) {
  ASSIGN_OR_RETURN(const auto hold, locks_.Acquire(name, limits, clock_));
  Removal removal;
  const auto config = connect_.GetConfig(name, limits);
  if (absl::IsNotFound(config.status())) return removal;
  if (!config.ok()) return config.status();
  const std::string slot = ValueOf(*config, "slot.name");
  const std::string publication = ValueOf(*config, "publication.name");

  if (delete_offsets || drop_slot) {
    RETURN_IF_ERROR(Settled(limits, [&] { return connect_.Stop(name, limits); }));
    RETURN_IF_ERROR(AwaitNoTasks(name, limits));
  }
  if (delete_offsets) {
    RETURN_IF_ERROR(Settled(limits, [&] { return connect_.DeleteOffsets(name, limits); }));
    removal.removed.push_back("offsets");
  } else {
    removal.remaining.push_back("offsets");
  }
  if (drop_slot && !slot.empty()) {
    RETURN_IF_ERROR(slots_.Drop(slot, limits));
    removal.removed.push_back(absl::StrCat("slot ", slot));
  } else if (!slot.empty()) {
    removal.remaining.push_back(absl::StrCat("slot ", slot));
  }
  if (!publication.empty()) removal.remaining.push_back(absl::StrCat("publication ", publication));

  const absl::Status deleted = Settled(limits, [&] { return connect_.Delete(name, limits); });
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  removal.deleted = true;
  removal.removed.insert(removal.removed.begin(), "connector");
  return removal;
}

}  // namespace storefront::connectors
