// What a command works with: settings, calls, streams, clock, interrupt.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/output_format.h"
#include "cli/rpc_caller.h"
#include "cli/terminal.h"
#include "cli/view.h"
#include "libs/clock/clock.h"
#include "libs/config/settings.h"

namespace storefront::cli {

class Session final {
 public:
  struct Parts {
    const config::Settings& settings;
    RpcCaller& rpc;
    Terminal& terminal;
    clock::Clock& clock;
    std::stop_token stop;
    bool no_color = false;   // NO_COLOR is set
    std::string request_id;  // goes with every call; made anew for each process
  };
  explicit Session(Parts parts);

  const config::Settings& settings() const { return parts_.settings; }
  RpcCaller& rpc() { return parts_.rpc; }
  Terminal& terminal() { return parts_.terminal; }
  clock::Clock& clock() { return parts_.clock; }
  const std::stop_token& stop() const { return parts_.stop; }
  const std::string& request_id() const { return parts_.request_id; }
  // Another id for the calls from now on: --request-id.
  void UseRequestId(std::string id) { parts_.request_id = std::move(id); }
  absl::Duration timeout() const { return timeout_; }
  Format format() const { return format_; }
  bool color_out() const { return color_out_; }
  bool color_err() const { return color_err_; }
  // Answers are read by a program: no questions are asked, no tables made.
  bool ForPrograms() const { return format_ != Format::kTable && format_ != Format::kWide; }

  // A method by full name, repeated while that is safe: READ, or a request with a request_id.
  // `timeout` zero = the setting.
  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, google::protobuf::Message& response,
                    absl::Duration timeout = absl::ZeroDuration());

  // Prints the answer on stdout in the form that was asked for.
  absl::Status Print(const Document& answer, const View& view);

  // A line on stderr.
  void Note(absl::string_view line);

  // y or n on the terminal. False off a terminal and after Ctrl-C.
  bool Ask(absl::string_view question);
  // What is typed; empty off a terminal.
  std::string AskText(absl::string_view question);

 private:
  Parts parts_;
  absl::Duration timeout_;
  Format format_;
  bool color_out_, color_err_;
};

// A new message of the generated pool's class.
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);

// 32 hexadecimal digits from the kernel's generator.
std::string NewRequestId();

}  // namespace storefront::cli
