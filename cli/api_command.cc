// SPDX-License-Identifier: Apache-2.0
#include "cli/api_command.h"

#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/command_table.h"
#include "cli/json_message.h"
#include "cli/output.h"
#include "cli/rest_path.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/macros.h"
#include "storefront/options/v1/options.pb.h"

namespace storefront::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

absl::StatusOr<ExitCode> ListMethods(Session& session) {
  Document methods = Document::array();
  for (const RpcRow& row : RpcRows()) {
    const MethodDescriptor& method = MethodNamed(row.method);
    methods.push_back(
        {{"name", absl::StrCat(method.service()->name(), ".", method.name())},
         {"service", ServiceOf(method).name},
         {"access", options::v1::Access_Name(method.options().GetExtension(options::v1::access))},
         {"stream", method.server_streaming()},
         {"command", absl::StrJoin(CommandWords(method), " ")}});
  }
  RETURN_IF_ERROR(session.Print(Document{{"methods", methods}}, View{.rows = "methods"}));
  return ExitCode::kDone;
}

absl::StatusOr<std::string> ReadData(Session& session, const std::string& data) {
  if (data.empty() || (data[0] != '@' && data != "-")) return data;
  if (data == "-" || data == "@-") {
    return std::string(std::istreambuf_iterator<char>(session.terminal().in), {});
  }
  std::ifstream file(data.substr(1), std::ios::binary);
  if (!file) return UsageError(absl::StrCat("The file ", data.substr(1), " cannot be read."));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<ExitCode> Run(Session& session, const Inputs& inputs) {
  if (inputs.arguments.empty()) return ListMethods(session);
  ASSIGN_OR_RETURN(const MethodDescriptor* method, FindMethod(inputs.arguments[0]));
  const std::unique_ptr<Message> request = NewMessage(*method->input_type());
  ASSIGN_OR_RETURN(const std::string data, ReadData(session, inputs.Text("data", "{}")));
  RETURN_IF_ERROR(FromJson(data, *request));
  const std::unique_ptr<Message> answer = NewMessage(*method->output_type());
  if (method->server_streaming()) {
    RETURN_IF_ERROR(session.rpc().Stream(
        *method, *request, *answer,
        inputs.Has("timeout") ? session.timeout() : absl::InfiniteDuration(), session.request_id(),
        [&] {
          session.terminal().out << JsonLine(ToDocument(*answer)) << "\n" << std::flush;
          return true;
        }));
    return ExitCode::kDone;
  }
  RETURN_IF_ERROR(session.Call(*method, *request, *answer));
  const Document document = ToDocument(*answer);
  if (!inputs.Has("output") && !session.ForPrograms()) {
    session.terminal().out << document.dump(2) << "\n" << std::flush;
    return ExitCode::kDone;
  }
  RETURN_IF_ERROR(session.Print(document, ViewFor(method->output_type()->full_name(), document)));
  return ExitCode::kDone;
}

}  // namespace

Command ApiCommand() {
  return {
      .words = {"api"},
      .summary = "Calls any method of any service with a JSON request.",
      .details =
          "Without a method it lists them. The answer is JSON unless -o says otherwise; a "
          "stream is one JSON line per message.",
      .arguments = {{.name = "METHOD",
                     .doc = "Service.Method, such as MigratorService.ListMigrations.",
                     .required = false}},
      .flags = {{.name = "data",
                 .value = "JSON|@FILE|-",
                 .doc = "The request as proto3 JSON; - reads it from stdin. Default: {}.",
                 .letter = 'd'}},
      .examples = {{"storefrontctl api", "Lists the methods"},
                   {"storefrontctl api SeederService.ListSeedRuns -d '{\"pageSize\": 3}'",
                    "Calls one of them"}},
      .run = Run,
  };
}

}  // namespace storefront::cli
