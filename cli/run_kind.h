// What the protos say about runs: how one is read, watched and cancelled, and what its states mean.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::cli {

// Found by reflection: a resource with a `state` that its service can watch.
struct RunKind {
  const google::protobuf::Descriptor* run = nullptr;
  const google::protobuf::MethodDescriptor* get = nullptr;
  const google::protobuf::MethodDescriptor* watch = nullptr;
  const google::protobuf::MethodDescriptor* cancel = nullptr;   // may be null
  const google::protobuf::MethodDescriptor* resume = nullptr;   // null: INTERRUPTED is the end
  const google::protobuf::FieldDescriptor* in_watch = nullptr;  // the run in a watch message
};

// Empty when the message is no run.
std::optional<RunKind> RunKindOf(const google::protobuf::Descriptor& message);

enum class RunStage {
  kGoing,
  kSucceeded,
  kFailed,   // also cancelled, expired, partly done
  kBroken,   // INTERRUPTED: may go on by itself when its service restarts, if its kind can
  kUnknown,  // a state that this program does not know: treated as going
};

// By the state's name. A test holds that no state of any run in the protos is kUnknown.
RunStage StageOf(absl::string_view state);

// The same for a run of this kind: one that cannot be resumed and is INTERRUPTED has failed.
RunStage StageOf(const RunKind& kind, absl::string_view state);

}  // namespace storefront::cli
