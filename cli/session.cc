// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <poll.h>
#include <sys/random.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/repeat.h"
#include "cli/services.h"
#include "libs/status/macros.h"
#include "storefront/options/v1/options.pb.h"

namespace storefront::cli {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

Session::Session(Parts parts)
    : parts_(std::move(parts)),
      timeout_(parts_.settings.Duration("timeout")),
      format_(ParseFormat(parts_.settings.String("output")).value_or(Format::kTable)),
      color_out_(UseColor(parts_.settings.String("color"), parts_.terminal.out_is_terminal,
                          parts_.no_color)),
      color_err_(UseColor(parts_.settings.String("color"), parts_.terminal.err_is_terminal,
                          parts_.no_color)) {}

absl::Status Session::Call(const MethodDescriptor& method, const Message& request,
                           Message& response, absl::Duration timeout) {
  const bool reads = method.options().GetExtension(options::v1::access) == options::v1::READ;
  const auto* id = request.GetDescriptor()->FindFieldByName("request_id");
  const bool fenced = id != nullptr && !request.GetReflection()->GetString(request, id).empty();
  const absl::Duration limit = timeout == absl::ZeroDuration() ? timeout_ : timeout;
  return WithRepeats(parts_.clock, parts_.stop,
                     {.safe = reads || fenced,
                      .timeout = limit,
                      .on_first_wait =
                          [&](const absl::Status& status) {
                            Note(absl::StrCat(status.message(), " Trying for ",
                                              absl::FormatDuration(limit), " …"));
                          }},
                     [&](absl::Duration left) {
                       return parts_.rpc.Call(method, request, response, left, parts_.request_id);
                     });
}

absl::Status Session::Print(const Document& answer, const View& view) {
  ASSIGN_OR_RETURN(const std::string text, Render(answer, view, format_, {.color = color_out_}));
  parts_.terminal.out << text << std::flush;
  if (text.empty() && !view.empty.empty() && !ForPrograms()) Note(view.empty);
  return absl::OkStatus();
}

void Session::Note(absl::string_view line) { parts_.terminal.err << line << "\n" << std::flush; }

std::string Session::AskText(absl::string_view question) {
  if (!parts_.terminal.in_is_terminal) return "";
  parts_.terminal.err << question << std::flush;
  // Ctrl-C arrives as a stop request, not as an interrupted read.
  pollfd input{.fd = parts_.terminal.in_descriptor, .events = POLLIN, .revents = 0};
  while (input.fd >= 0 && poll(&input, 1, 100) == 0) {
    if (parts_.stop.stop_requested()) {
      parts_.terminal.err << "\n";
      return "";
    }
  }
  std::string typed;
  std::getline(parts_.terminal.in, typed);
  return std::string(absl::StripAsciiWhitespace(typed));
}

bool Session::Ask(absl::string_view question) {
  const std::string typed = absl::AsciiStrToLower(AskText(absl::StrCat(question, " [y/N] ")));
  return typed == "y" || typed == "yes";
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

std::string NewRequestId() {
  std::array<char, 16> bytes{};
  // Cannot fail for 16 bytes once the kernel has booted.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return "";
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace storefront::cli
