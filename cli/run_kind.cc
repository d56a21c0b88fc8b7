// SPDX-License-Identifier: Apache-2.0
#include "cli/run_kind.h"

#include "cli/rest_path.h"

namespace storefront::cli {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

std::optional<RunKind> RunKindOf(const Descriptor& message) {
  if (message.FindFieldByName("state") == nullptr || message.FindFieldByName("name") == nullptr) {
    return std::nullopt;
  }
  RunKind kind{.run = &message};
  for (int s = 0; s < message.file()->service_count(); ++s) {
    for (int m = 0; m < message.file()->service(s)->method_count(); ++m) {
      const MethodDescriptor* method = message.file()->service(s)->method(m);
      const RestPath path = RestPathOf(*method);
      if (!path.has_id) continue;
      if (method->server_streaming()) {
        for (int f = 0; f < method->output_type()->field_count(); ++f) {
          const FieldDescriptor* field = method->output_type()->field(f);
          if (field->message_type() != &message) continue;
          kind.watch = method;
          kind.in_watch = field;
        }
      } else if (method->output_type() == &message) {
        if (path.verb == "GET" && path.custom.empty()) kind.get = method;
        if (path.custom == "cancel") kind.cancel = method;
        if (path.custom == "resume") kind.resume = method;
      }
    }
  }
  if (kind.get == nullptr || kind.watch == nullptr) return std::nullopt;
  return kind;
}

RunStage StageOf(absl::string_view state) {
  for (const char* going : {"PENDING", "RUNNING", "PAUSED", "DRAINING", "WAITING",
                            "WAITING_FOR_LOCK", "CANCELLING", "READY", "APPLYING"}) {
    if (state == going) return RunStage::kGoing;
  }
  if (state == "SUCCEEDED" || state == "APPLIED") return RunStage::kSucceeded;
  for (const char* failed : {"FAILED", "FAILED_RUN", "CANCELLED", "PARTIAL", "EXPIRED"}) {
    if (state == failed) return RunStage::kFailed;
  }
  if (state == "INTERRUPTED") return RunStage::kBroken;
  return RunStage::kUnknown;
}

RunStage StageOf(const RunKind& kind, absl::string_view state) {
  const RunStage stage = StageOf(state);
  return stage == RunStage::kBroken && kind.resume == nullptr ? RunStage::kFailed : stage;
}

}  // namespace storefront::cli
