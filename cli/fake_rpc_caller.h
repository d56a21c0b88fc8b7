// Services in memory: answers by method, in order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/json_message.h"
#include "cli/rpc_caller.h"

namespace storefront::cli {

class FakeRpcCaller final : public RpcCaller {
 public:
  struct Answer {
    absl::Status status = absl::OkStatus();
    std::vector<std::string> messages = {};  // JSON; a unary call gives the first
  };
  struct Seen {
    std::string method;  // "SeederService.GetSeedRun"
    Document request;
    std::string request_id;
    absl::Duration timeout;
  };

  // The last answer of a method is given again and again.
  void Add(const std::string& method, Answer answer) { answers_[method].push_back(answer); }
  void AddHealth(const std::string& address, absl::StatusOr<std::string> state) {
    health_.insert_or_assign(address, std::move(state));
  }
  // Called before each answer: a test presses Ctrl-C here.
  std::function<void(const std::string& method)> before = [](const std::string&) {};
  std::vector<Seen> seen;

  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, google::protobuf::Message& response,
                    absl::Duration timeout, const std::string& request_id) override {
    const Answer answer = Next(method, request, timeout, request_id);
    if (answer.messages.empty()) return answer.status;
    const absl::Status filled = Fill(answer.messages[0], response);
    return filled.ok() ? answer.status : filled;
  }

  absl::Status Stream(const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request, google::protobuf::Message& message,
                      absl::Duration timeout, const std::string& request_id,
                      const std::function<bool()>& on_message) override {
    const Answer answer = Next(method, request, timeout, request_id);
    for (const std::string& text : answer.messages) {
      message.Clear();
      if (const absl::Status filled = Fill(text, message); !filled.ok()) return filled;
      if (!on_message()) return absl::OkStatus();
    }
    return answer.status;
  }

  absl::Status CallDespiteStop(const google::protobuf::MethodDescriptor& method,
                               const google::protobuf::Message& request,
                               google::protobuf::Message& response,
                               absl::Duration timeout) override {
    return Call(method, request, response, timeout, "");
  }

  absl::StatusOr<std::string> Health(const std::string& address, const std::string&,
                                     absl::Duration) override {
    const auto found = health_.find(address);
    if (found == health_.end()) return absl::UnavailableError("nobody at " + address);
    return found->second;
  }

 private:
  static absl::Status Fill(const std::string& text, google::protobuf::Message& message) {
    const absl::Status status = FromJson(text, message);
    EXPECT_TRUE(status.ok()) << status;
    return status;
  }

  Answer Next(const google::protobuf::MethodDescriptor& method,
              const google::protobuf::Message& request, absl::Duration timeout,
              const std::string& request_id) {
    const std::string name = method.service()->name() + "." + method.name();
    seen.push_back({name, ToDocument(request), request_id, timeout});
    before(name);
    std::deque<Answer>& queue = answers_[name];
    if (queue.empty()) {
      ADD_FAILURE() << "no answer for " << name;
      return {.status = absl::InternalError("no answer for " + name)};
    }
    Answer answer = queue.front();
    if (queue.size() > 1) queue.pop_front();
    return answer;
  }

  std::map<std::string, std::deque<Answer>> answers_;
  std::map<std::string, absl::StatusOr<std::string>> health_;
};

}  // namespace storefront::cli
