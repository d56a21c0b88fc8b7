// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/json_message.h"
#include "cli/output.h"
#include "cli/output_table.h"
#include "cli/proto_docs.h"
#include "cli/request_flags.h"
#include "cli/rest_path.h"
#include "cli/run_kind.h"
#include "cli/run_wait.h"
#include "cli/services.h"
#include "google/protobuf/field_mask.pb.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr int kPageSizeMax = 1000;

const FieldDescriptor* FieldOf(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

bool HasField(const MethodDescriptor& method, const char* name) {
  return method.input_type()->FindFieldByName(name) != nullptr;
}

// "FULL-12" is the argument of seedRuns: "SEED_RUN".
std::string ArgumentName(const RestPath& path) {
  std::string singular = KebabOfCamel(path.collection);
  if (absl::EndsWith(singular, "s")) singular.pop_back();
  return absl::AsciiStrToUpper(absl::StrReplaceAll(singular, {{"-", "_"}}));
}

std::string FullName(const RestPath& path, const std::string& typed) {
  const std::string prefix = path.collection + "/";
  return absl::StartsWith(typed, prefix) ? typed : prefix + typed;
}

// Sets the field in the REST path; "seed_run.name" leads into a message.
void SetName(Message& request, const std::string& field_path, const std::string& name) {
  Message* holder = &request;
  std::string field = field_path;
  if (const size_t dot = field.find('.'); dot != std::string::npos) {
    const FieldDescriptor* outer = FieldOf(request, field.substr(0, dot).c_str());
    holder = request.GetReflection()->MutableMessage(&request, outer);
    field = field.substr(dot + 1);
  }
  holder->GetReflection()->SetString(holder, FieldOf(*holder, field.c_str()), name);
}

// What the call would do, for whoever is about to confirm it. Nothing where it cannot be told.
absl::Status Preview(Session& session, const MethodDescriptor& method, const Message& request) {
  const std::unique_ptr<Message> preview(request.New());
  preview->CopyFrom(request);
  const auto* reflection = preview->GetReflection();
  reflection->SetBool(preview.get(), FieldOf(*preview, "validate_only"), true);
  if (const auto* id = FieldOf(*preview, "request_id")) {
    reflection->SetString(preview.get(), id, NewRequestId());
  }
  const std::unique_ptr<Message> answer = NewMessage(*method.output_type());
  RETURN_IF_ERROR(session.Call(method, *preview, *answer));
  const Document document = ToDocument(*answer);
  View view = ViewFor(method.output_type()->full_name(), document);
  if (!view.below.empty()) view.columns = {{"would", "kind"}};
  session.Note(RenderTable(document, view, {.color = session.color_err()}));
  return absl::OkStatus();
}

absl::Status SetConfirmation(Session& session, const RpcRow& row, const Inputs& inputs,
                             Message& request) {
  const MethodDescriptor& method = MethodNamed(row.method);
  const FieldDescriptor* field = FieldOf(request, "confirmation");
  if (field == nullptr) return absl::OkStatus();
  std::string typed = inputs.Text("confirm");
  // What only tells what would happen destroys nothing.
  if (typed.empty() && HasField(method, "validate_only") && inputs.IsOn("dry-run")) {
    return absl::OkStatus();
  }
  if (typed.empty() && session.terminal().in_is_terminal) {
    if (HasField(method, "validate_only")) RETURN_IF_ERROR(Preview(session, method, request));
    const std::string what = !row.confirms.empty()      ? row.confirms
                             : inputs.arguments.empty() ? RestPathOf(method).collection
                                                        : inputs.arguments[0];
    typed = session.AskText(
        absl::StrCat("This cannot be undone. Type the name of ", what, " to go on: "));
  }
  if (typed.empty()) {
    return UsageError(
        "This call destroys something: give the name of what is meant with --confirm NAME. "
        "Nothing was sent.");
  }
  request.GetReflection()->SetString(&request, field, typed);
  return absl::OkStatus();
}

// update_mask holds what the flags set, as seen from the resource in the body.
void SetMask(Message& request, const std::vector<std::string>& paths) {
  const FieldDescriptor* field = FieldOf(request, "update_mask");
  if (field == nullptr) return;
  Message* mask = request.GetReflection()->MutableMessage(&request, field);
  for (const std::string& path : paths) {
    const std::string below = path.substr(path.find('.') + 1);
    if (below == "etag") continue;
    mask->GetReflection()->AddString(mask, mask->GetDescriptor()->field(0), below);
  }
}

const FieldDescriptor* ListField(const google::protobuf::Descriptor& answer) {
  for (int i = 0; i < answer.field_count(); ++i) {
    if (answer.field(i)->is_repeated() && answer.field(i)->message_type() != nullptr) {
      return answer.field(i);
    }
  }
  return nullptr;
}

absl::StatusOr<ExitCode> RunStream(Session& session, const RpcRow& row, const Message& request,
                                   const Inputs& inputs) {
  const MethodDescriptor& method = MethodNamed(row.method);
  for (int i = 0; i < method.output_type()->field_count(); ++i) {
    const auto* type = method.output_type()->field(i)->message_type();
    if (type == nullptr) continue;
    const auto kind = RunKindOf(*type);
    // A run on a terminal is a bar until its end; programs get each state as a line.
    if (!kind || kind->watch != &method || session.ForPrograms()) continue;
    return WaitForRun(session, *type,
                      request.GetReflection()->GetString(request, FieldOf(request, "name")),
                      inputs);
  }
  const std::unique_ptr<Message> message = NewMessage(*method.output_type());
  RETURN_IF_ERROR(session.rpc().Stream(
      method, request, *message, absl::InfiniteDuration(), session.request_id(), [&] {
        session.terminal().out << JsonLine(ToDocument(*message)) << "\n" << std::flush;
        return true;
      }));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunUnary(Session& session, const RpcRow& row, Message& request,
                                  const Inputs& inputs) {
  const MethodDescriptor& method = MethodNamed(row.method);
  // A dry run is a run where the service has one: what it found is in its end.
  const bool dry_run = inputs.IsOn("dry-run");
  const bool waits =
      row.starts_run && (dry_run ? HasField(method, "dry_run") : inputs.IsOn("wait"));
  std::unique_ptr<Message> answer;
  if (waits) {
    // A one-shot of a starting stack may be earlier than its service.
    answer = NewMessage(*method.output_type());
    ASSIGN_OR_RETURN(const absl::Duration patience, inputs.Time("wait-timeout", absl::Minutes(2)));
    RETURN_IF_ERROR(session.Call(method, request, *answer,
                                 std::min(patience, absl::Duration(absl::Minutes(2)))));
    const std::string name = answer->GetReflection()->GetString(*answer, FieldOf(*answer, "name"));
    return WaitForRun(session, *method.output_type(), name, inputs);
  }
  ASSIGN_OR_RETURN(answer, CallGathered(session, method, request, inputs));
  const Document document = ToDocument(*answer);
  RETURN_IF_ERROR(session.Print(document, ViewFor(method.output_type()->full_name(), document)));
  return ExitCode::kDone;
}

std::vector<Flag> FlagsOf(const RpcRow& row, const MethodDescriptor& method, bool with_docs) {
  std::vector<Flag> flags;
  for (const RequestField& field : RequestFieldsOf(*method.input_type(), row.fields)) {
    flags.push_back(field.flag);
    if (with_docs) flags.back().doc = FieldDoc(*field.path.back());
  }
  if (HasField(method, "confirmation")) {
    flags.push_back({.name = "confirm",
                     .value = "NAME",
                     .doc = "Name of what is to be destroyed; asked for on a terminal."});
    flags.push_back({.name = "yes", .doc = "Asks nothing; --confirm is still needed."});
  }
  if (HasField(method, "dry_run")) {
    flags.push_back({.name = "dry-run",
                     .doc =
                         "Runs everything in one transaction, tells the locks it took, and rolls "
                         "back; follows it to its end."});
  } else if (HasField(method, "validate_only")) {
    flags.push_back({.name = "dry-run", .doc = "Only checks and tells what would be done."});
  }
  if (HasField(method, "request_id")) {
    flags.push_back({.name = "request-id",
                     .value = "ID",
                     .doc = "The same id and request give the same answer; made if absent."});
  }
  if (HasField(method, "page_token")) {
    flags.push_back({.name = "limit", .value = "N", .doc = "Most items; without it all pages."});
  }
  const bool watches_run = method.server_streaming() && HasField(method, "name");
  if (row.starts_run || watches_run) {
    for (Flag& flag : WaitFlags()) {
      if (flag.name != "wait" || row.starts_run) flags.push_back(std::move(flag));
    }
  }
  return flags;
}

}  // namespace

std::vector<Flag> WaitFlags() {
  return {
      {.name = "wait", .doc = "Follows the run to its end; the exit code is its outcome."},
      {.name = "wait-timeout",
       .value = "DURATION",
       .doc = "Longest time to follow it; without it to the end. Exit code 4 when it passed."},
      {.name = "cancel-on-interrupt",
       .doc = "Ctrl-C cancels the run; otherwise the run goes on without us."},
  };
}

absl::StatusOr<ExitCode> WaitForRun(Session& session, const google::protobuf::Descriptor& run_type,
                                    const std::string& name, const Inputs& inputs) {
  const auto kind = RunKindOf(run_type);
  FollowOptions options{.cancel_on_interrupt = inputs.IsOn("cancel-on-interrupt")};
  ASSIGN_OR_RETURN(options.timeout, inputs.Time("wait-timeout", absl::InfiniteDuration()));
  ASSIGN_OR_RETURN(const Document run, FollowRun(session, *kind, name, options));
  RETURN_IF_ERROR(session.Print(run, ViewFor(run_type.full_name(), run)));
  RETURN_IF_ERROR(OutcomeOf(run));
  return ExitCode::kDone;
}

absl::StatusOr<std::unique_ptr<Message>> MakeRequest(Session& session, const RpcRow& row,
                                                     const Inputs& inputs) {
  const MethodDescriptor& method = MethodNamed(row.method);
  const RestPath path = RestPathOf(method);
  std::unique_ptr<Message> request = NewMessage(*method.input_type());
  std::vector<std::string> set;
  for (const RequestField& field : RequestFieldsOf(*method.input_type(), row.fields)) {
    for (const std::string& text : inputs.All(field.flag.name)) {
      RETURN_IF_ERROR(SetRequestField(*request, field, text));
    }
    if (inputs.Has(field.flag.name)) set.push_back(field.DottedPath());
  }
  if (path.has_id) SetName(*request, path.field, FullName(path, inputs.arguments.at(0)));
  if (!path.fixed.empty() && !path.field.empty()) SetName(*request, path.field, path.fixed);
  SetMask(*request, set);
  if (FieldOf(*request, "update_mask") != nullptr && set.empty()) {
    return UsageError("Nothing to change: give at least one flag; see --help.");
  }
  const auto* reflection = request->GetReflection();
  const FieldDescriptor* dry_run = FieldOf(*request, "dry_run");
  if (dry_run == nullptr) dry_run = FieldOf(*request, "validate_only");
  if (dry_run != nullptr && inputs.IsOn("dry-run")) {
    reflection->SetBool(request.get(), dry_run, true);
  }
  if (const auto* field = FieldOf(*request, "request_id")) {
    if (inputs.Has("request-id")) session.UseRequestId(inputs.Text("request-id"));
    reflection->SetString(request.get(), field, session.request_id());
  }
  RETURN_IF_ERROR(SetConfirmation(session, row, inputs, *request));
  return request;
}

absl::StatusOr<std::unique_ptr<Message>> CallGathered(Session& session,
                                                      const MethodDescriptor& method,
                                                      Message& request, const Inputs& inputs) {
  std::unique_ptr<Message> whole = NewMessage(*method.output_type());
  const FieldDescriptor* token = FieldOf(request, "page_token");
  const FieldDescriptor* list = ListField(*method.output_type());
  if (token == nullptr || list == nullptr) {
    RETURN_IF_ERROR(session.Call(method, request, *whole));
    return whole;
  }
  int limit = 0;
  if (inputs.Has("limit") && (!absl::SimpleAtoi(inputs.Text("limit"), &limit) || limit < 1)) {
    return UsageError(
        absl::StrCat("--limit: '", inputs.Text("limit"), "' is not a whole number from 1."));
  }
  const FieldDescriptor* next = FieldOf(*whole, "next_page_token");
  while (true) {
    const int have = whole->GetReflection()->FieldSize(*whole, list);
    const int wanted = limit > 0 ? std::min(limit - have, kPageSizeMax) : kPageSizeMax;
    request.GetReflection()->SetInt32(&request, FieldOf(request, "page_size"), wanted);
    const std::unique_ptr<Message> page = NewMessage(*method.output_type());
    RETURN_IF_ERROR(session.Call(method, request, *page));
    const std::string token_text = page->GetReflection()->GetString(*page, next);
    whole->MergeFrom(*page);
    const int now = whole->GetReflection()->FieldSize(*whole, list);
    const bool enough = limit > 0 && now >= limit;
    if (token_text.empty() || enough) {
      // All pages are here: REST's last page carries an empty token too.
      if (token_text.empty()) whole->GetReflection()->ClearField(whole.get(), next);
      return whole;
    }
    request.GetReflection()->SetString(&request, token, token_text);
  }
}

Command MakeRpcCommand(const RpcRow& row, bool with_docs) {
  const MethodDescriptor& method = MethodNamed(row.method);
  const RestPath path = RestPathOf(method);
  Command command{.words = CommandWords(method), .flags = FlagsOf(row, method, with_docs)};
  const std::string doc = with_docs ? MethodDoc(method) : "";
  command.summary = FirstSentence(doc);
  command.details = doc.substr(command.summary.size());
  if (path.has_id) {
    command.arguments.push_back(
        {.name = ArgumentName(path),
         .doc = absl::StrCat("Name, with or without ", path.collection, "/.")});
  }
  command.examples.push_back(
      {absl::StrCat("storefrontctl ", command.Name(), row.example.empty() ? "" : " ", row.example),
       row.example_doc});
  command.run = [&row](Session& session, const Inputs& inputs) -> absl::StatusOr<ExitCode> {
    ASSIGN_OR_RETURN(const std::unique_ptr<Message> request, MakeRequest(session, row, inputs));
    if (MethodNamed(row.method).server_streaming()) {
      return RunStream(session, row, *request, inputs);
    }
    return RunUnary(session, row, *request, inputs);
  };
  return command;
}

}  // namespace storefront::cli
