// Flags made from a request message, and the message made from what was typed. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"

namespace storefront::cli {

// A field that can be set by a flag; `path` leads to it through nested messages.
struct RequestField {
  Flag flag;  // without its doc, which proto_docs.h has
  std::vector<const google::protobuf::FieldDescriptor*> path;

  std::string DottedPath() const;  // "deltas.events_per_second"
};

// Fields of the request, nested messages of plain fields spread out. Left out: OUTPUT_ONLY fields,
// and those that have a flag of their own for all commands (name, request_id, validate_only,
// page_size, page_token, confirmation). A flag is the last part of its path in kebab case, the
// whole path where two would be equal, "request-…" where a flag of every command has the name. With
// `only`, just those paths.
std::vector<RequestField> RequestFieldsOf(const google::protobuf::Descriptor& request,
                                          const std::vector<std::string>& only = {});

// Sets one field from text:
//   numbers, texts; true|false; enums by name in any case, with - or _; durations "90s"; times in
//   RFC 3339; a map entry "key=value"; a list adds the value; other messages are JSON, or @file.
// The error is kUsage and says what is expected, with the nearest name of an enum.
absl::Status SetRequestField(google::protobuf::Message& request, const RequestField& field,
                             const std::string& text);

}  // namespace storefront::cli
