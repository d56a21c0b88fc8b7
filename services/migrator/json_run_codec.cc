// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/json_run_codec.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

using nlohmann::json;

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

int64_t Nanoseconds(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

json ErrorOf(const absl::Status& error) {
  if (error.ok()) return nullptr;
  const status::ErrorSpec details = status::DetailsOf(error);
  json made{{"code", static_cast<int>(error.code())},
            {"reason", status::ReasonName(details.reason)},
            {"message", std::string(error.message())},
            {"metadata", details.metadata}};
  for (const auto& each : details.preconditions) {
    made["preconditions"].push_back(
        {{"type", each.type}, {"subject", each.subject}, {"description", each.description}});
  }
  if (details.retry_after) made["retry_after_ns"] = Nanoseconds(*details.retry_after);
  return made;
}

absl::Status ErrorFrom(const json& object) {
  if (!object.is_object()) return absl::OkStatus();
  status::ErrorSpec spec{.code = static_cast<absl::StatusCode>(object.at("code").get<int>()),
                         .message = object.at("message"),
                         .metadata = object.at("metadata")};
  const std::string reason = object.at("reason");
  for (const status::ReasonInfo& info : status::AllReasons()) {
    if (info.name == reason) spec.reason = info.reason;
  }
  for (const json& each : object.value("preconditions", json::array())) {
    spec.preconditions.push_back({.type = each.at("type"),
                                  .subject = each.at("subject"),
                                  .description = each.at("description")});
  }
  if (object.contains("retry_after_ns")) {
    spec.retry_after = absl::Nanoseconds(object.at("retry_after_ns").get<int64_t>());
  }
  return status::Error(std::move(spec));
}

json HolderOf(const LockHolder& holder) {
  json made{{"pid", holder.pid},
            {"application_name", holder.application_name},
            {"state", holder.state},
            {"user", holder.user},
            {"backend_start_us", absl::ToUnixMicros(holder.backend_start)}};
  if (holder.transaction_age) made["transaction_age_ns"] = Nanoseconds(*holder.transaction_age);
  return made;
}

LockHolder HolderFrom(const json& object) {
  LockHolder holder{
      .pid = object.at("pid"),
      .application_name = object.at("application_name"),
      .state = object.at("state"),
      .user = object.at("user"),
      .backend_start = absl::FromUnixMicros(object.at("backend_start_us").get<int64_t>())};
  if (object.contains("transaction_age_ns")) {
    holder.transaction_age = absl::Nanoseconds(object.at("transaction_age_ns").get<int64_t>());
  }
  return holder;
}

RunStep StepFrom(const json& object) {
  return {.migration = object.at("migration"),
          .script = object.at("script"),
          .description = object.at("description"),
          .transactional = object.at("transactional"),
          .state = static_cast<StepState>(object.at("state").get<int>()),
          .installed_rank = object.at("installed_rank"),
          .statements = object.at("statements"),
          .attempts = object.at("attempts"),
          .execution_time = absl::Nanoseconds(object.at("execution_time_ns").get<int64_t>()),
          .action = static_cast<StepAction>(object.value("action", 0)),
          .detail = object.value("detail", "")};
}

// Runs `parse` on the text's value; none of the library's exceptions leaves.
template <typename Parse>
absl::Status Parsed(const std::string& text, const Parse& parse) {
  try {
    parse(json::parse(text));
    return absl::OkStatus();
  } catch (const json::exception& e) {
    return status::Error({.code = absl::StatusCode::kDataLoss,
                          .reason = status::Reason::kCorruptHistory,
                          .message = "A row of the schema storefront_migrator was not written by "
                                     "this service. Delete it.",
                          .internal = e.what()});
  }
}

}  // namespace

std::string RunJson(const Run& run) {
  json made{{"target", run.target},
            {"current_step", run.current_step},
            {"statements_done", run.statements_done},
            {"initial_version", run.initial_version},
            {"final_version", run.final_version},
            {"lock_wait_ns", Nanoseconds(run.lock_wait)},
            {"error", ErrorOf(run.error)}};
  if (run.lock_holder) made["lock_holder"] = HolderOf(*run.lock_holder);
  if (run.dry_run) made["dry_run"] = true;
  if (!run.plan_hash.empty()) made["plan_hash"] = run.plan_hash;
  return Text(made);
}

absl::Status ParseRun(const std::string& text, Run& run) {
  return Parsed(text, [&](const json& object) {
    run.target = object.value("target", "");
    run.current_step = object.value("current_step", -1);
    run.statements_done = object.value("statements_done", 0);
    run.initial_version = object.value("initial_version", "");
    run.final_version = object.value("final_version", "");
    run.lock_wait = absl::Nanoseconds(object.value("lock_wait_ns", int64_t{0}));
    run.error = ErrorFrom(object.value("error", json()));
    run.dry_run = object.value("dry_run", false);
    run.plan_hash = object.value("plan_hash", "");
    if (object.contains("lock_holder")) run.lock_holder = HolderFrom(object.at("lock_holder"));
  });
}

std::string StepsJson(const std::vector<RunStep>& steps) {
  json made = json::array();
  for (const RunStep& step : steps) {
    made.push_back({{"migration", step.migration},
                    {"script", step.script},
                    {"description", step.description},
                    {"transactional", step.transactional},
                    {"state", static_cast<int>(step.state)},
                    {"installed_rank", step.installed_rank},
                    {"statements", step.statements},
                    {"attempts", step.attempts},
                    {"execution_time_ns", Nanoseconds(step.execution_time)},
                    {"action", static_cast<int>(step.action)},
                    {"detail", step.detail}});
  }
  return Text(made);
}

absl::StatusOr<std::vector<RunStep>> ParseSteps(const std::string& text) {
  std::vector<RunStep> steps;
  RETURN_IF_ERROR(Parsed(text, [&](const json& list) {
    for (const json& object : list) steps.push_back(StepFrom(object));
  }));
  return steps;
}

std::string EventJson(const RunEvent& event) {
  // Most events have few of these; what is not there is zero or empty.
  json made = json::object();
  if (event.statement != 0) made["statement"] = event.statement;
  if (event.statements != 0) made["statements"] = event.statements;
  if (event.line != 0) made["line"] = event.line;
  if (event.duration != absl::ZeroDuration()) made["duration_ns"] = Nanoseconds(event.duration);
  if (event.rows != 0) made["rows"] = event.rows;
  if (!event.sqlstate.empty()) made["sqlstate"] = event.sqlstate;
  if (!event.message.empty()) made["message"] = event.message;
  if (!event.blocking_pids.empty()) made["blocking_pids"] = event.blocking_pids;
  if (!event.phase.empty()) made["phase"] = event.phase;
  if (event.phase_done != 0) made["phase_done"] = event.phase_done;
  if (event.phase_total != 0) made["phase_total"] = event.phase_total;
  return Text(made);
}

absl::Status ParseEvent(const std::string& text, RunEvent& event) {
  return Parsed(text, [&](const json& object) {
    event.statement = object.value("statement", 0);
    event.statements = object.value("statements", 0);
    event.line = object.value("line", 0);
    event.duration = absl::Nanoseconds(object.value("duration_ns", int64_t{0}));
    event.rows = object.value("rows", int64_t{0});
    event.sqlstate = object.value("sqlstate", "");
    event.message = object.value("message", "");
    event.blocking_pids = object.value("blocking_pids", std::vector<int>());
    event.phase = object.value("phase", "");
    event.phase_done = object.value("phase_done", int64_t{0});
    event.phase_total = object.value("phase_total", int64_t{0});
  });
}

std::string ObjectsJson(const Catalog& objects) {
  json made = json::array();
  for (const CatalogObject& object : objects) {
    made.push_back({object.kind, object.name, object.definition});
  }
  return Text(made);
}

absl::StatusOr<Catalog> ParseObjects(const std::string& text) {
  Catalog objects;
  RETURN_IF_ERROR(Parsed(text, [&](const json& list) {
    for (const json& item : list) {
      objects.push_back({.kind = item.at(0), .name = item.at(1), .definition = item.at(2)});
    }
  }));
  return objects;
}

}  // namespace storefront::migrator
