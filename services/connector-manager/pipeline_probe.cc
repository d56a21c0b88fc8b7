// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/pipeline_probe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_lint.h"
#include "services/connector-manager/marker_event.h"

namespace storefront::connectors {
namespace {

using status::Reason;

constexpr absl::Duration kSharedFor = absl::Seconds(1);
constexpr absl::Duration kReadSlice = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<ProbeResult> PipelineProbe::Verify(const std::string& connector,
                                                  absl::Duration timeout,
                                                  const CallLimits& limits) {
  const CallLimits own{std::min(limits.deadline, clock_.Steady() + timeout), limits.stop};
  {
    sync::MutexLock lock(mutex_);
    Shared& shared = shared_[connector];
    if (!shared.running && shared.result.ok() && clock_.Steady() - shared.ended < kSharedFor) {
      return shared.result;
    }
    if (shared.running) {
      const int64_t generation = shared.generation;
      const absl::Duration left = std::max(own.deadline - clock_.Steady(), absl::ZeroDuration());
      const bool ended = ended_.WaitFor(
          mutex_, left, [&] { return !shared.running || shared.generation != generation; });
      if (ended) return shared.result;
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = Reason::kDeadlinePassed,
                            .message = "A probe of this connector is still under way."});
    }
    shared.running = true;
    ++shared.generation;
  }
  absl::StatusOr<ProbeResult> result = Run(connector, own);
  if (result.ok()) {
    memory_.Succeeded(connector, {result->time, result->latency});
  } else if (status::ReasonOf(result.status()) == Reason::kProbeNotSeen) {
    memory_.Failed(connector, clock_.Now());
  }
  sync::MutexLock lock(mutex_);
  Shared& shared = shared_[connector];
  shared.running = false;
  shared.ended = clock_.Steady();
  shared.result = result;
  ended_.NotifyAll();
  return result;
}

absl::Status PipelineProbe::NotSeen(const std::string& connector, const std::string& topic) {
  // The deadline has passed; looking for the reason gets a little time of its own.
  FailureClass failure = FailureClass::kUnknown;
  std::string seen = "no reason is known";
  const auto view =
      directory_.Get(connector, {clock_.Steady() + absl::Seconds(3), std::stop_token()});
  if (view.ok() && !view->conditions.empty()) {
    failure = view->conditions.front().condition.failure;
    seen = view->conditions.front().condition.message;
  } else if (view.ok() && view->state == ConnectorState::kAbsent) {
    seen = "Kafka Connect does not have the connector";
  } else if (view.ok()) {
    seen = absl::StrCat("its state is ", ConnectorStateName(view->state));
  }
  return status::Error(
      {.code = absl::StatusCode::kDeadlineExceeded,
       .reason = Reason::kProbeNotSeen,
       .message = absl::StrCat("The marker of ", connector, " did not arrive on topic ", topic,
                               ": ", seen, "."),
       .metadata = {{"class", std::string(FailureClassName(failure))}, {"topic", topic}}});
}

// A topic that is not there yet is made by the first event; a later one is then read for certain.
absl::StatusOr<std::unique_ptr<ChangeStream>> PipelineProbe::Open(const std::string& topic,
                                                                  const std::string& marker,
                                                                  const CallLimits& limits) {
  bool touched = false;
  for (;;) {
    auto stream = reader_.OpenAtEnd(topic);
    if (stream.ok() || !absl::IsNotFound(stream.status())) return stream;
    if (!touched) RETURN_IF_ERROR(markers_.Touch(marker, limits).status());
    touched = true;
    const clock::SteadyTime next = clock_.Steady() + kReadSlice;
    if (next >= limits.deadline || !clock_.WaitUntil(next, limits.stop)) return stream.status();
  }
}

absl::StatusOr<ProbeResult> PipelineProbe::Run(const std::string& connector,
                                               const CallLimits& limits) {
  ASSIGN_OR_RETURN(const ConnectorConfig config, connect_.GetConfig(connector, limits));
  const std::string converter = ValueOf(config, "value.converter");
  if (!absl::StrContains(converter, "Json")) {
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kProbeFormatUnknown,
         .message = absl::StrCat("Connector ", connector,
                                 " does not write JSON: its events cannot be recognised.")});
  }
  const std::string topic = absl::StrCat(ValueOf(config, "topic.prefix"), ".cdc_audit.marker");
  const std::string marker = MarkerIdFor(connector);
  auto stream = Open(topic, marker, limits);
  if (absl::IsNotFound(stream.status())) return NotSeen(connector, topic);
  if (!stream.ok()) return stream.status();

  ASSIGN_OR_RETURN(const int64_t seq, markers_.Touch(marker, limits));
  const clock::SteadyTime committed = clock_.Steady();
  while (clock_.Steady() < limits.deadline && !limits.stop.stop_requested()) {
    ASSIGN_OR_RETURN(const std::optional<ChangeRecord> record,
                     (*stream)->Next(std::min(kReadSlice, limits.deadline - clock_.Steady())));
    const clock::SteadyTime received = clock_.Steady();
    if (!record || !record->value) continue;
    const auto event = ParseMarkerEvent(*record->value);
    if (!event || event->id != marker || event->seq < seq) continue;
    ProbeResult result{.latency = received - committed,
                       .time = clock_.Now(),
                       .topic = topic,
                       .partition = record->partition,
                       .offset = record->offset,
                       .source_lsn = event->source_lsn};
    if (const auto slots = directory_.Slots(limits); slots.ok()) {
      for (const SlotView& view : *slots) {
        if (view.connector == connector) result.slot_lag_bytes = view.slot.lag_bytes;
      }
    }
    return result;
  }
  return NotSeen(connector, topic);
}

}  // namespace storefront::connectors
