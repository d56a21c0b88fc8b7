// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/json_run_codec.h"

#include <nlohmann/json.hpp>

#include "libs/status/error.h"
#include "libs/status/reason.h"

namespace storefront::seeder {
namespace {

using nlohmann::json;

json RowsOf(const std::map<Table, int64_t>& rows) {
  json object = json::object();
  for (const auto& [table, count] : rows) object[std::string(TableName(table))] = count;
  return object;
}

std::map<Table, int64_t> RowsFrom(const json& object) {
  std::map<Table, int64_t> rows;
  for (const auto& [name, count] : object.items()) {
    if (const auto table = ParseTable(name)) rows[*table] = count.get<int64_t>();
  }
  return rows;
}

json ResultsOf(const std::vector<ConditionResult>& results) {
  json list = json::array();
  for (const ConditionResult& result : results) {
    list.push_back({{"condition", result.condition},
                    {"description", result.description},
                    {"checked", result.checked},
                    {"violations", result.violations},
                    {"samples", result.samples},
                    {"skipped", result.skipped}});
  }
  return list;
}

std::vector<ConditionResult> ResultsFrom(const json& list) {
  std::vector<ConditionResult> results;
  for (const json& item : list) {
    results.push_back({.condition = item.at("condition"),
                       .description = item.at("description"),
                       .checked = item.at("checked"),
                       .violations = item.at("violations"),
                       .samples = item.at("samples"),
                       .skipped = item.at("skipped")});
  }
  return results;
}

}  // namespace

std::string RowsJson(const std::map<Table, int64_t>& rows) { return RowsOf(rows).dump(); }
std::map<Table, int64_t> ParseRows(const std::string& text) { return RowsFrom(json::parse(text)); }

std::string ParametersJson(const SeedRun& run) {
  json object = {{"warnings", run.warnings}};
  switch (run.kind) {
    case RunKind::kFullLoad:
      object["scale"] = run.full_load.scale;
      object["rows"] = RowsOf(run.full_load.rows);
      object["connections"] = run.full_load.connections;
      object["chunk_rows"] = run.full_load.chunk_rows;
      object["fail_on_existing"] = run.full_load.on_existing == OnExisting::kFail;
      object["first_customer"] = run.first_ids.customer;
      object["first_product"] = run.first_ids.product;
      object["first_order"] = run.first_ids.order;
      break;
    case RunKind::kDeltas:
      object["events_per_second"] = run.deltas.events_per_second;
      object["constant_arrival"] = run.deltas.arrival == Arrival::kConstant;
      object["connections"] = run.deltas.connections;
      object["max_events"] = run.deltas.max_events;
      object["weights"] = run.deltas.weights;
      object["time_compression"] = run.deltas.time_compression;
      object["business_start"] = run.deltas.business_start;
      object["customer_base"] = run.deltas.bases.customer;
      object["order_base"] = run.deltas.bases.order;
      break;
    case RunKind::kVerify:
      object["conditions"] = run.verify.conditions;
      object["results"] = ResultsOf(run.verify.results);
      break;
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

void ParseParameters(const std::string& text, SeedRun& run) {
  const json object = json::parse(text);
  run.warnings = object.value("warnings", std::vector<std::string>());
  switch (run.kind) {
    case RunKind::kFullLoad:
      run.full_load.scale = object.at("scale");
      run.full_load.rows = RowsFrom(object.at("rows"));
      run.full_load.connections = object.at("connections");
      run.full_load.chunk_rows = object.at("chunk_rows");
      run.full_load.on_existing =
          object.at("fail_on_existing") ? OnExisting::kFail : OnExisting::kAppend;
      run.first_ids.customer = object.at("first_customer");
      run.first_ids.product = object.at("first_product");
      run.first_ids.order = object.at("first_order");
      break;
    case RunKind::kDeltas:
      run.deltas.events_per_second = object.at("events_per_second");
      run.deltas.arrival = object.at("constant_arrival") ? Arrival::kConstant : Arrival::kPoisson;
      run.deltas.connections = object.at("connections");
      run.deltas.max_events = object.at("max_events");
      run.deltas.weights = object.at("weights").get<std::map<std::string, int32_t>>();
      run.deltas.time_compression = object.at("time_compression");
      run.deltas.business_start = object.at("business_start");
      run.deltas.bases.customer = object.at("customer_base");
      run.deltas.bases.order = object.at("order_base");
      break;
    case RunKind::kVerify:
      run.verify.conditions = object.at("conditions").get<std::vector<std::string>>();
      run.verify.results = ResultsFrom(object.at("results"));
      break;
  }
}

std::string ErrorJson(const absl::Status& error) {
  if (error.ok()) return "null";
  const status::ErrorSpec details = status::DetailsOf(error);
  return json{{"code", static_cast<int>(error.code())},
              {"reason", static_cast<int>(details.reason)},
              {"message", std::string(error.message())},
              {"metadata", details.metadata}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::Status ParseError(const std::string& text) {
  const json object = json::parse(text);
  if (object.is_null()) return absl::OkStatus();
  return status::Error(
      {.code = static_cast<absl::StatusCode>(object.at("code").get<int>()),
       .reason = static_cast<status::Reason>(object.at("reason").get<int>()),
       .message = object.at("message"),
       .metadata = object.at("metadata").get<std::map<std::string, std::string>>()});
}

std::string RateChangeJson(const RateChange& change) {
  return json{{"events_per_second", change.events_per_second}, {"start_ns", change.start_ns}}
      .dump();
}

RateChange ParseRateChange(int64_t first_event, const std::string& text) {
  const json object = json::parse(text);
  return {.first_event = first_event,
          .start_ns = object.at("start_ns"),
          .events_per_second = object.at("events_per_second")};
}

}  // namespace storefront::seeder
