// SPDX-License-Identifier: Apache-2.0
#include "cli/topics_command.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/json_message.h"
#include "cli/output_table.h"
#include "cli/patience.h"
#include "cli/rpc_command.h"
#include "cli/services.h"
#include "cli/session.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "storefront/topics/v1/topics.pb.h"

namespace storefront::cli {
namespace {

using topics::v1::ApplyTopicPlanRequest;
using topics::v1::CreateTopicPlanRequest;
using topics::v1::TopicPlan;
using topics::v1::TopicPlanStep;

constexpr char kCreate[] = "storefront.topics.v1.TopicService.CreateTopicPlan";
constexpr char kApply[] = "storefront.topics.v1.TopicService.ApplyTopicPlan";

// What a person must look at: steps that change something or cannot be done.
TopicPlan WithoutNoops(const TopicPlan& plan) {
  TopicPlan shown = plan;
  auto& steps = *shown.mutable_steps();
  steps.erase(
      std::remove_if(steps.begin(), steps.end(),
                     [](const TopicPlanStep& step) { return step.kind() == TopicPlanStep::NOOP; }),
      steps.end());
  return shown;
}

std::string Summary(const TopicPlan& plan) {
  const auto& counts = plan.summary();
  std::string text = absl::StrCat(
      counts.changes(), counts.changes() == 1 ? " change (" : " changes (", counts.creates(),
      " to create, ", counts.alters(), " to alter, ", counts.partition_additions(), " to widen), ",
      counts.unchanged(), " as they are");
  if (counts.blocked() > 0) absl::StrAppend(&text, ", ", counts.blocked(), " blocked");
  if (counts.manual() > 0) absl::StrAppend(&text, ", ", counts.manual(), " by hand");
  if (!plan.required_flags().empty()) {
    absl::StrAppend(&text, "; needs --", absl::StrJoin(plan.required_flags(), ", --"));
  }
  return text;
}

absl::StatusOr<TopicPlan> Plan(Session& session, const Inputs& inputs, bool store,
                               absl::Duration timeout) {
  CreateTopicPlanRequest request;
  for (const std::string& topic : inputs.All("topics")) request.add_topics(topic);
  request.set_validate_only(!store);
  request.set_request_id(NewRequestId());
  TopicPlan plan;
  RETURN_IF_ERROR(session.Call(MethodNamed(kCreate), request, plan, timeout));
  return plan;
}

absl::Status Show(Session& session, const TopicPlan& plan) {
  const TopicPlan shown = session.ForPrograms() ? plan : WithoutNoops(plan);
  View view = EntryFor(TopicPlan::descriptor()->full_name());
  view.empty = "";
  return session.Print(ToDocument(shown), view);
}

absl::StatusOr<ExitCode> RunPlan(Session& session, const Inputs& inputs) {
  ASSIGN_OR_RETURN(const TopicPlan plan,
                   Plan(session, inputs, /*store=*/false, absl::ZeroDuration()));
  RETURN_IF_ERROR(Show(session, plan));
  session.Note(Summary(plan));
  const bool differs = plan.summary().changes() > 0 || plan.summary().blocked() > 0;
  return differs && inputs.IsOn("exit-code") ? ExitCode::kDifferences : ExitCode::kDone;
}

absl::Status BlockedError(const TopicPlan& plan) {
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition,
                         .reason = status::Reason::kPolicyConflict,
                         .message = absl::StrCat(plan.summary().blocked(),
                                                 " topics are blocked; the rest was applied.")};
  for (const TopicPlanStep& step : plan.steps()) {
    if (step.kind() != TopicPlanStep::BLOCKED) continue;
    spec.preconditions.push_back(
        {.type = step.reason(), .subject = step.topic(), .description = step.message()});
  }
  return status::Error(std::move(spec));
}

absl::StatusOr<TopicPlan> Start(Session& session, const Inputs& inputs, const TopicPlan& plan,
                                absl::Duration timeout) {
  ApplyTopicPlanRequest request;
  request.set_name(plan.name());
  request.set_etag(plan.etag());
  request.set_allow_data_loss(inputs.IsOn("allow-data-loss"));
  request.set_allow_reordering(inputs.IsOn("allow-reordering"));
  request.set_allow_availability_risk(inputs.IsOn("allow-availability-risk"));
  request.set_allow_bulk(inputs.IsOn("allow-bulk"));
  request.set_fail_fast(inputs.IsOn("fail-fast"));
  for (const std::string& name : inputs.All("confirm")) request.add_confirm(name);
  request.set_request_id(NewRequestId());
  TopicPlan started;
  RETURN_IF_ERROR(session.Call(MethodNamed(kApply), request, started, timeout));
  return started;
}

// One round of plan, show, ask, apply. Retried by the caller while it is too early.
absl::StatusOr<ExitCode> ApplyOnce(Session& session, const Inputs& inputs, Patience& patience) {
  ASSIGN_OR_RETURN(const TopicPlan plan,
                   Plan(session, inputs, /*store=*/true, patience.CallTimeout()));
  if (plan.summary().changes() == 0) {
    RETURN_IF_ERROR(Show(session, plan));
    session.Note(absl::StrCat("Nothing to apply: ", Summary(plan), "."));
    if (plan.summary().blocked() > 0) return BlockedError(plan);
    return ExitCode::kDone;
  }
  session.Note(absl::StrCat(
      RenderTable(ToDocument(WithoutNoops(plan)), EntryFor(TopicPlan::descriptor()->full_name()),
                  {.color = session.color_err()}),
      Summary(plan), "."));
  if (!inputs.IsOn("yes") && !session.Ask("Apply this?")) {
    return status::Error(
        {.code = absl::StatusCode::kCancelled,
         .reason = status::Reason::kCallCancelled,
         .message = absl::StrCat("Nothing was applied; the plan is kept as ", plan.name(), ".")});
  }
  ASSIGN_OR_RETURN(const TopicPlan started, Start(session, inputs, plan, patience.CallTimeout()));
  if (!inputs.IsOn("wait")) {
    RETURN_IF_ERROR(Show(session, started));
    session.Note(absl::StrCat("Being applied. Follow it with: storefrontctl topic-plans watch ",
                              plan.name().substr(plan.name().find('/') + 1)));
    return ExitCode::kDone;
  }
  ASSIGN_OR_RETURN(const ExitCode code,
                   WaitForRun(session, *TopicPlan::descriptor(), plan.name(), inputs));
  if (plan.summary().blocked() > 0) return BlockedError(plan);
  return code;
}

absl::StatusOr<ExitCode> RunApply(Session& session, const Inputs& inputs) {
  if (!inputs.IsOn("yes") && !session.terminal().in_is_terminal) {
    return UsageError("Nobody can be asked here: give --yes. Nothing was sent.");
  }
  if (inputs.IsOn("dry-run")) return RunPlan(session, inputs);
  ASSIGN_OR_RETURN(Patience patience, Patience::Of(session, inputs));
  return patience.Until(
      [&](const absl::Status& status) {
        const status::Reason reason = status::ReasonOf(status);
        return status.code() == absl::StatusCode::kUnavailable ||
               reason == status::Reason::kRunActive || reason == status::Reason::kPlanChanged;
      },
      [&] { return ApplyOnce(session, inputs, patience); });
}

}  // namespace

Command TopicsPlanCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kCreate)), with_docs);
  std::erase_if(command.flags, [](const Flag& flag) { return flag.name != "topics"; });
  command.flags.push_back(
      {.name = "exit-code", .doc = "Exit code 3 when something differs from the policy."});
  command.words = {"topics", "plan"};
  command.summary = "Compares the policy with the live cluster and shows what apply would do.";
  command.details = "Nothing is stored and nothing is changed.";
  command.examples = {{"storefrontctl topics plan --exit-code", "For a nightly check"}};
  command.run = RunPlan;
  return command;
}

Command TopicsApplyCommand(bool with_docs) {
  Command command = MakeRpcCommand(*RowOf(MethodNamed(kApply)), with_docs);
  std::erase_if(command.flags,
                [](const Flag& flag) { return flag.name == "etag" || flag.name == "request-id"; });
  for (const Flag& flag : TopicsPlanCommand(with_docs).flags) {
    if (flag.name == "topics") command.flags.insert(command.flags.begin(), flag);
  }
  command.flags.push_back({.name = "yes", .doc = "Applies without asking."});
  command.flags.push_back({.name = "dry-run", .doc = "Only shows the plan."});
  command.arguments.clear();
  command.words = {"topics", "apply"};
  command.summary = "Makes the topics what the policy wants: plans, shows, asks, applies.";
  command.details =
      "With --wait it is patient for 2 min (or --wait-timeout): a service or a broker that is "
      "still starting is asked again. May run any number of times.";
  command.examples = {
      {"storefrontctl topics apply", "Shows the plan and asks"},
      {"storefrontctl topics apply --yes --wait", "For a start-up script: ends when all is done"}};
  command.run = RunApply;
  return command;
}

}  // namespace storefront::cli
