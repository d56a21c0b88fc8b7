// SPDX-License-Identifier: Apache-2.0
#include "cli/run_wait.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/json_message.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rest_path.h"
#include "google/rpc/status.pb.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void SetText(Message& message, const char* field, const std::string& text) {
  const FieldDescriptor* descriptor = message.GetDescriptor()->FindFieldByName(field);
  if (descriptor != nullptr) message.GetReflection()->SetString(&message, descriptor, text);
}

void SetSequence(Message& request, int64_t sequence) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("after_sequence");
  if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    request.GetReflection()->SetInt64(&request, field, sequence);
  }
}

// The sequence of a watch message: its own field, or the one in the run's progress.
int64_t SequenceOf(const Document& message, const Document& run) {
  for (const Document* place : {&message, &run}) {
    for (const char* path : {"sequence", "progress.sequence"}) {
      const std::string text = TextAt(*place, path);
      if (!text.empty()) return std::strtoll(text.c_str(), nullptr, 10);
    }
  }
  return 0;
}

// A run that is still going is shown by its counts: its lists are left out, and with a thousand
// steps that is most of the work.
void DropLists(Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) reflection->ClearField(&message, field);
  }
}

std::string StateNameOf(const Message& run) {
  const FieldDescriptor* field = run.GetDescriptor()->FindFieldByName("state");
  return run.GetReflection()->GetEnum(run, field)->name();
}

// One follow from start to end.
class Follower {
 public:
  Follower(Session& session, const RunKind& kind, std::string name, const FollowOptions& options)
      : session_(session),
        kind_(kind),
        name_(std::move(name)),
        options_(options),
        started_(session.clock().Steady()),
        last_contact_(started_),
        display_(session) {}

  absl::StatusOr<Document> Run() {
    while (true) {
      const absl::Duration left = Left();
      if (left <= absl::ZeroDuration()) return TooLate();
      const absl::Status status = WatchOnce(left);
      if (session_.stop().stop_requested()) return Interrupted();
      if (ended_) return last_;
      if (BrokenForGood()) return last_;
      if (status.code() == absl::StatusCode::kUnavailable ||
          status.code() == absl::StatusCode::kInternal) {
        if (session_.clock().Steady() - last_contact_ > options_.away_max) return status;
        if (!away_) {
          display_.Clear();
          session_.Note(
              absl::StrCat(status.message(), " Waiting for it; ", name_, " is watched on."));
        }
        away_ = true;
      } else if (status.code() == absl::StatusCode::kDeadlineExceeded) {
        return TooLate();
      } else if (!status.ok()) {
        return status;
      }
      session_.clock().WaitFor(absl::Milliseconds(away_ ? 500 : 100), session_.stop());
    }
  }

 private:
  absl::Duration Left() const {
    if (options_.timeout == absl::InfiniteDuration()) return options_.timeout;
    return options_.timeout - (session_.clock().Steady() - started_);
  }

  absl::Status WatchOnce(absl::Duration left) {
    const std::unique_ptr<Message> request = NewMessage(*kind_.watch->input_type());
    SetText(*request, "name", name_);
    // After a break the present state is wanted, whatever was seen: the process may be another.
    SetSequence(*request, away_ ? 0 : sequence_);
    const std::unique_ptr<Message> message = NewMessage(*kind_.watch->output_type());
    return session_.rpc().Stream(*kind_.watch, *request, *message, left, session_.request_id(),
                                 [&] {
                                   See(*message);
                                   return !ended_ && !BrokenForGood();
                                 });
  }

  void See(Message& message) {
    Message& run = *message.GetReflection()->MutableMessage(&message, kind_.in_watch);
    const RunStage stage = StageOf(kind_, StateNameOf(run));
    if (stage == RunStage::kGoing) DropLists(run);
    Document shown = ToDocument(message);
    last_ = std::move(shown[kind_.in_watch->json_name()]);
    sequence_ = SequenceOf(shown, last_);
    last_contact_ = session_.clock().Steady();
    away_ = false;
    RunProgress progress = ProgressOf(last_);
    Tell(shown, progress);
    display_.Show(progress);
    ended_ = stage == RunStage::kSucceeded || stage == RunStage::kFailed;
    if (stage != RunStage::kBroken) {
      broken_since_.reset();
    } else if (!broken_since_) {
      broken_since_ = last_contact_;
    }
  }

  // What happened since the last message, as far as a person wants to know it now. A message holds
  // the newest events, so some come again.
  void Tell(const Document& message, RunProgress& progress) {
    const auto events = message.find("events");
    if (events == message.end() || !events->is_array()) return;
    const int64_t seen = events_seen_;
    std::string phase;
    for (const Document& event : *events) {
      phase = PhaseOf(event, phase);
      const int64_t sequence = SequenceOf(event, event);
      if (sequence <= seen) continue;
      events_seen_ = std::max(events_seen_, sequence);
      if (const std::string line = EventLine(event); !line.empty()) {
        display_.Clear();
        session_.Note(line);
      }
    }
    if (!phase.empty()) progress.phase = phase;
  }

  bool BrokenForGood() const {
    return broken_since_ && session_.clock().Steady() - *broken_since_ >= options_.resume_wait;
  }

  absl::Status TooLate() {
    display_.Clear();
    return status::Error(
        {.code = absl::StatusCode::kDeadlineExceeded,
         .reason = status::Reason::kDeadlinePassed,
         .message = absl::StrCat("Waited ", absl::FormatDuration(options_.timeout), " for ", name_,
                                 "; its last state is ",
                                 last_.is_null() ? "not known" : TextAt(last_, "state"),
                                 ". It goes on. ", Reattach())});
  }

  std::string Reattach() const {
    return absl::StrCat("Follow it with: storefrontctl ",
                        absl::StrJoin(CommandWords(*kind_.watch), " "), " ",
                        name_.substr(name_.find('/') + 1));
  }

  absl::Status Interrupted() {
    display_.Clear();
    std::string message = absl::StrCat("Interrupted; ", name_, " goes on. ", Reattach());
    if (options_.cancel_on_interrupt && kind_.cancel != nullptr) message = Cancel();
    return status::Error({.code = absl::StatusCode::kCancelled,
                          .reason = status::Reason::kCallCancelled,
                          .message = std::move(message)});
  }

  std::string Cancel() {
    const std::unique_ptr<Message> request = NewMessage(*kind_.cancel->input_type());
    SetText(*request, "name", name_);
    SetText(*request, "request_id", NewRequestId());
    const std::unique_ptr<Message> run = NewMessage(*kind_.cancel->output_type());
    // The interrupt has ended all other calls of this session; this one must still go out.
    const absl::Status status =
        session_.rpc().CallDespiteStop(*kind_.cancel, *request, *run, absl::Seconds(5));
    return status.ok() ? absl::StrCat("Interrupted; ", name_, " is being cancelled.")
                       : absl::StrCat("Interrupted; ", name_,
                                      " could not be cancelled: ", std::string(status.message()));
  }

  Session& session_;
  const RunKind& kind_;
  const std::string name_;
  const FollowOptions& options_;
  const clock::SteadyTime started_;
  clock::SteadyTime last_contact_;
  ProgressDisplay display_;
  Document last_;
  int64_t sequence_ = 0;
  int64_t events_seen_ = 0;
  bool ended_ = false;
  bool away_ = false;
  std::optional<clock::SteadyTime> broken_since_;
};

}  // namespace

absl::StatusOr<Document> FollowRun(Session& session, const RunKind& kind, const std::string& name,
                                   const FollowOptions& options) {
  return Follower(session, kind, name, options).Run();
}

absl::Status OutcomeOf(const Document& run) {
  const std::string state = TextAt(run, "state");
  if (StageOf(state) == RunStage::kSucceeded) return absl::OkStatus();
  if (const auto error = run.find("error"); error != run.end() && error->is_object()) {
    google::rpc::Status rpc;
    if (FromJson(JsonLine(*error), rpc).ok() && rpc.code() != 0) {
      return status::Prefix(absl::StrCat(TextAt(run, "name"), " is ", state),
                            status::FromRpcStatus(rpc));
    }
  }
  return status::Error({.code = absl::StatusCode::kAborted,
                        .reason = status::Reason::kRunState,
                        .message = absl::StrCat(TextAt(run, "name"), " ended as ", state, "."),
                        .metadata = {{"state", state}}});
}

}  // namespace storefront::cli
