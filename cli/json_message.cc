// SPDX-License-Identifier: Apache-2.0
#include "cli/json_message.h"

#include <google/protobuf/util/json_util.h>

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"

namespace storefront::cli {

Document ToDocument(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    // An Any of a type that this program does not know: a newer server.
    return Document{{"unprintable", status.ToString()}};
  }
  return Document::parse(text, nullptr, /*allow_exceptions=*/false);
}

absl::Status FromJson(const std::string& text, google::protobuf::Message& message) {
  // protobuf's own reader takes single quotes, trailing commas and repeated keys.
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  const auto watch = [&](int, Document::parse_event_t event, Document& value) {
    if (event == Document::parse_event_t::object_start) keys.emplace_back();
    if (event == Document::parse_event_t::object_end) keys.pop_back();
    if (event == Document::parse_event_t::key && !keys.back().insert(value).second) {
      repeated = value.get<std::string>();
    }
    return true;
  };
  try {
    const Document parsed = Document::parse(text, watch);
    if (!parsed.is_object()) return UsageError("The request must be one JSON object.");
  } catch (const Document::parse_error& error) {
    return UsageError(absl::StrCat("The request is not JSON: byte ", error.byte,
                                   " is not what JSON allows there."));
  }
  if (!repeated.empty()) {
    return UsageError(absl::StrCat("The request has the key '", repeated, "' twice."));
  }
  const auto status = google::protobuf::util::JsonStringToMessage(text, &message);
  if (!status.ok()) {
    return UsageError(absl::StrCat("The request does not fit ", message.GetDescriptor()->name(),
                                   ": ", std::string(status.message())));
  }
  return absl::OkStatus();
}

}  // namespace storefront::cli
