// SPDX-License-Identifier: Apache-2.0
#include "cli/view.h"

#include <map>
#include <utility>

#include "absl/log/check.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace storefront::cli {
namespace {

const std::vector<Column>& SeedRunColumns() {
  static const auto& columns = *new std::vector<Column>{
      {"NAME", "name"},
      {"KIND", "kind"},
      {"STATE", "state"},
      {.heading = "PERCENT", .path = "progress.percent", .right = true},
      {.heading = "ROWS/S", .path = "progress.rowsPerSecond", .right = true},
      {.heading = "EVENTS", .path = "progress.eventsDone", .right = true},
      {.heading = "TARGET/S",
       .path = "progress.targetEventsPerSecond",
       .wide = true,
       .right = true},
      {"STARTED", "startTime"},
      {"ENDED", "endTime"},
      {.heading = "SEED", .path = "seed", .wide = true, .right = true},
      {.heading = "WAITING FOR", .path = "waitingFor", .wide = true},
      {"ERROR", "error.message"},
  };
  return columns;
}

const std::map<std::string, View, std::less<>>& Entries() {
  static const auto& entries = *new std::map<std::string, View, std::less<>>{
      {"storefront.migrator.v1.ListMigrationsResponse",
       {.rows = "migrations",
        .columns = {{.heading = "Category", .path = "category", .shown = Shown::kFlywayWord},
                    {"Version", "version"},
                    {"Description", "description"},
                    {"Type", "type"},
                    {"Installed On", "installTime"},
                    {.heading = "State", .path = "state", .shown = Shown::kFlywayWord},
                    {.heading = "Undoable", .path = "undoable", .shown = Shown::kYesNo},
                    {.heading = "Script", .path = "script", .wide = true},
                    {.heading = "Checksum", .path = "fileChecksum", .wide = true},
                    {.heading = "Installed By", .path = "installedBy", .wide = true},
                    {.heading = "Execution Time", .path = "executionTime", .wide = true}},
        .empty = "no migrations",
        .boxed = true}},
      {"storefront.migrator.v1.ListMigrationRunsResponse",
       {.rows = "migrationRuns",
        .columns = {{"NAME", "name"},
                    {"KIND", "kind"},
                    {"STATE", "state"},
                    {"FROM", "initialVersion"},
                    {"TO", "finalVersion"},
                    {.heading = "DONE", .path = "progress.scriptsDone", .right = true},
                    {.heading = "OF", .path = "progress.scriptsTotal", .right = true},
                    {"STARTED", "startTime"},
                    {"ENDED", "endTime"},
                    {"ERROR", "error.message"}},
        .empty = "no migration runs"}},
      {"storefront.migrator.v1.MigrationRun",
       {.columns = {{"run", "name"},
                    {"kind", "kind"},
                    {"state", "state"},
                    {"target", "target"},
                    {.heading = "rolled back", .path = "dryRun", .shown = Shown::kYesOnly},
                    {"version before", "initialVersion"},
                    {"version now", "finalVersion"},
                    {"scripts done", "progress.scriptsDone"},
                    {"of", "progress.scriptsTotal"},
                    {"script", "progress.currentScript"},
                    {"waits for pid", "lockHolder.pid"},
                    {"started", "startTime"},
                    {"ended", "endTime"},
                    {"error", "error.message"}},
        .below = {{.rows = "steps",
                   .columns = {{"STEP", "action"},
                               {"SCRIPT", "script"},
                               {"STATE", "state"},
                               {.heading = "RANK", .path = "installedRank", .right = true},
                               {.heading = "TIME", .path = "executionTime", .right = true},
                               {"DETAIL", "detail"}}}}}},
      {"storefront.migrator.v1.MigrationStatus",
       {.columns = {{"database", "database"},
                    {"history", "historyTable"},
                    {"version", "currentVersion"},
                    {"applied", "appliedCount"},
                    {"pending", "pendingCount"},
                    {"failed", "failedCount"},
                    {"next", "pending.0"},
                    {"run under way", "activeRun"},
                    {"lock held by pid", "lockHolder.pid"},
                    {"application", "lockHolder.applicationName"},
                    {"its state", "lockHolder.state"},
                    {"its session began", "lockHolder.backendStartTime"}},
        .below = {{.rows = "failed",
                   .columns = {{"FAILED", "migration"},
                               {"SCRIPT", "script"},
                               {.heading = "RANK", .path = "installedRank", .right = true},
                               {"INVALID INDEXES", "invalidIndexes"}}}}}},
      {"storefront.migrator.v1.MigrationPlan",
       {.rows = "steps",
        .columns = {{"MIGRATION", "migration"},
                    {"SCRIPT", "script"},
                    {"REASON", "reason"},
                    {.heading = "TRANSACTION", .path = "transactional", .shown = Shown::kYesNo},
                    {.heading = "STATEMENTS", .path = "statementCount", .right = true},
                    {"LOCKS", "statements.0.locks.0.mode"},
                    {"FINDINGS", "findings.*.rule"}},
        .empty = "nothing to apply"}},
      {"storefront.migrator.v1.LintMigrationsResponse",
       {.rows = "findings",
        .columns = {{"SEVERITY", "severity"},
                    {"RULE", "rule"},
                    {"SCRIPT", "script"},
                    {.heading = "LINE", .path = "line", .right = true},
                    {.heading = "COLUMN", .path = "column", .right = true},
                    {"RELATION", "relation"},
                    {"MESSAGE", "message"},
                    {"FIX", "fix"}},
        .empty = "no findings"}},
      {"storefront.migrator.v1.Drift",
       {.rows = "changes",
        .columns = {{"CHANGE", "action"},
                    {"KIND", "objectKind"},
                    {"OBJECT", "object"},
                    {"CAPTURED", "capturedDefinition"},
                    {"NOW", "currentDefinition"}},
        .empty = "no drift"}},
      {"storefront.migrator.v1.ValidateMigrationsResponse",
       {.rows = "findings",
        .columns = {{"CODE", "code"}, {"SCRIPT", "script"}, {"MESSAGE", "message"}},
        .empty = "valid: files and history agree"}},
      {"storefront.connectors.v1.ListConnectorsResponse",
       {.rows = "connectors",
        .columns =
            {{"NAME", "displayName"},
             {"STATE", "state"},
             {"CONNECT", "connectState"},
             {"TASK", "tasks.0.state"},
             {"SLOT", "slot.walStatus"},
             {.heading = "LAG", .path = "slot.lagBytes", .right = true, .shown = Shown::kBytes},
             {"LAST PROBE", "lastProbe.time"},
             {.heading = "LATENCY", .path = "lastProbe.latency", .wide = true},
             {.heading = "TEMPLATE", .path = "template", .wide = true},
             {.heading = "WORKER", .path = "workerId", .wide = true},
             {"CONDITION", "conditions.0.message"}},
        .empty = "no connectors"}},
      {"storefront.connectors.v1.ConnectorPlan",
       {.rows = "steps",
        .columns = {{"ACTION", "action"},
                    {"CONNECTOR", "connector"},
                    {"RISK", "risk"},
                    {"CHANGED KEYS", "changes.*.key"},
                    {"FINDING", "findings.0.message"},
                    {.heading = "TEMPLATE", .path = "template", .wide = true},
                    {.heading = "REVISION", .path = "revision", .wide = true}},
        .empty = "no templates and no connectors"}},
      {"storefront.connectors.v1.ApplyConnectorsResponse",
       {.rows = "outcomes",
        .columns = {{"RESULT", "result"},
                    {"CONNECTOR", "step.connector"},
                    {"ACTION", "step.action"},
                    {"STATE", "connector.state"},
                    {"ERROR", "error.message"}},
        .empty = "no templates: nothing to apply"}},
      {"storefront.connectors.v1.ListConnectorTemplatesResponse",
       {.rows = "connectorTemplates",
        .columns = {{"NAME", "name"},
                    {"CONNECTOR", "connector"},
                    {"VARIABLES", "variables"},
                    {"FINDING", "findings.0.message"}},
        .empty = "no templates"}},
      {"storefront.connectors.v1.ListReplicationSlotsResponse",
       {.rows = "replicationSlots",
        .columns = {{"NAME", "name"},
                    {"DATABASE", "database"},
                    {"ACTIVE", "active"},
                    {"WAL STATUS", "walStatus"},
                    {.heading = "LAG", .path = "lagBytes", .right = true, .shown = Shown::kBytes},
                    {.heading = "RETAINED",
                     .path = "retainedBytes",
                     .right = true,
                     .shown = Shown::kBytes},
                    {"CONNECTOR", "connector"},
                    {.heading = "PID", .path = "activePid", .wide = true, .right = true},
                    {.heading = "CONFIRMED", .path = "confirmedFlushLsn", .wide = true}},
        .empty = "no replication slots"}},
      {"storefront.topics.v1.ListTopicsResponse",
       {.rows = "topics",
        .columns = {{"TOPIC", "topic"},
                    {.heading = "PARTITIONS", .path = "partitionCount", .right = true},
                    {.heading = "REPLICAS", .path = "replicationFactor", .right = true},
                    {"POLICY", "policySources"},
                    {"PROTECTED", "protection"},
                    {.heading = "ID", .path = "topicId", .wide = true}},
        .empty = "no topics"}},
      {"storefront.topics.v1.ListTopicPlansResponse",
       {.rows = "topicPlans",
        .columns = {{"NAME", "name"},
                    {"STATE", "state"},
                    {.heading = "CHANGES", .path = "summary.changes", .right = true},
                    {.heading = "APPLIED", .path = "summary.applied", .right = true},
                    {.heading = "BLOCKED", .path = "summary.blocked", .right = true},
                    {"CREATED", "createTime"},
                    {"ENDED", "endTime"}},
        .empty = "no plans"}},
      {"storefront.topics.v1.TopicPlan",
       {.rows = "steps",
        .columns = {{"STEP", "kind"},
                    {"TOPIC", "topic"},
                    {"RISK", "risk"},
                    {"KEYS", "configs.*.key"},
                    {"STATUS", "status"},
                    {"REASON", "reason"},
                    {"OUTCOME", "outcome"},
                    {.heading = "MESSAGE", .path = "message", .wide = true},
                    {.heading = "FLAGS", .path = "requiredFlags", .wide = true}},
        .empty = "the plan has no steps"}},
      {"storefront.seeder.v1.ListSeedRunsResponse",
       {.rows = "seedRuns", .columns = SeedRunColumns(), .empty = "no seed runs"}},
      {"storefront.seeder.v1.SeedRun",
       {.columns = {{"run", "name"},
                    {"state", "state"},
                    {"waiting for", "waitingFor"},
                    {"seed", "seed"},
                    {"percent", "progress.percent"},
                    {"rows/s now", "progress.rowsPerSecond"},
                    {"rows/s mean", "progress.meanRowsPerSecond"},
                    {"events done", "progress.eventsDone"},
                    {"target events/s", "progress.targetEventsPerSecond"},
                    {"throttled by", "progress.throttleReason"},
                    {"verdict", "verification.verdict"},
                    {"warnings", "warnings"},
                    {"started", "startTime"},
                    {"ended", "endTime"},
                    {"error", "error.message"}}}},
      {"storefront.seeder.v1.StorefrontStats",
       {.rows = "tables",
        .columns = {{"TABLE", "table"},
                    {.heading = "ROWS", .path = "rows", .right = true},
                    {.heading = "SIZE", .path = "bytes", .right = true, .shown = Shown::kBytes},
                    {.heading = "INSERTS", .path = "ledgerInserts", .right = true},
                    {.heading = "UPDATES", .path = "ledgerUpdates", .right = true},
                    {.heading = "DELETES", .path = "ledgerDeletes", .right = true},
                    {.heading = "DIGEST", .path = "digest", .wide = true}},
        .empty = "no tables"}},
  };
  return entries;
}

// The words that Flyway's info uses where they are not the enum's own in title case.
std::string FlywayWord(const std::string& name) {
  if (name == "OUT_OF_ORDER") return "Out of Order";
  if (name == "IGNORED_BASELINE") return "Ignored (Baseline)";
  if (name == "BASELINED") return "Baseline";
  if (name == "FAILED_MISSING") return "Failed (Missing)";
  if (name == "FAILED_FUTURE") return "Failed (Future)";
  std::string out;
  bool first = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(c == '_' ? ' ' : first ? c : absl::ascii_tolower(byte));
    first = c == '_';
  }
  return out;
}

std::string BytesText(const std::string& text) {
  double bytes = 0;
  if (!absl::SimpleAtod(text, &bytes)) return text;
  for (const char* unit : {"B", "KiB", "MiB", "GiB"}) {
    if (bytes < 1024) {
      const bool is_whole = bytes == static_cast<double>(static_cast<int64_t>(bytes));
      return is_whole ? absl::StrFormat("%.0f %s", bytes, unit)
                      : absl::StrFormat("%.1f %s", bytes, unit);
    }
    bytes /= 1024;
  }
  return absl::StrFormat("%.1f TiB", bytes);
}

// "2026-01-01T10:00:00.123456Z" as "2026-01-01 10:00:00"; anything else as it is.
std::string ShortTime(const std::string& text) {
  const bool is_time = text.size() >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
                       text[13] == ':' && text[16] == ':' && text.back() == 'Z';
  return is_time ? absl::StrCat(text.substr(0, 10), " ", text.substr(11, 8)) : text;
}

std::string Joined(const Document& row, absl::string_view list, absl::string_view below) {
  std::string out;
  const auto items = row.find(std::string(list));
  if (items == row.end() || !items->is_array()) return out;
  for (const Document& item : *items) {
    absl::StrAppend(&out, out.empty() ? "" : ",", TextAt(item, below));
  }
  return out;
}

}  // namespace

View ViewFor(absl::string_view message_name, const Document& answer) {
  if (const auto entry = Entries().find(message_name); entry != Entries().end()) {
    return entry->second;
  }
  if (answer.is_object()) {
    // A list answer has one list and perhaps a page token; anything else is a record.
    std::string list;
    for (const auto& [key, value] : answer.items()) {
      if (value.is_array() && list.empty()) {
        list = key;
      } else if (key != "nextPageToken" && key != "totalSize") {
        return View{};
      }
    }
    return View{.rows = list};
  }
  return View{};
}

std::vector<std::string> MessagesWithView() {
  std::vector<std::string> names;
  for (const auto& [name, view] : Entries()) names.push_back(name);
  return names;
}

const View& EntryFor(absl::string_view message_name) {
  const auto entry = Entries().find(message_name);
  CHECK(entry != Entries().end()) << message_name << " has no view";
  return entry->second;
}

std::string TextOf(const Document& value) {
  switch (value.type()) {
    case Document::value_t::null:
      return "";
    case Document::value_t::string:
      return ShortTime(value.get<std::string>());
    case Document::value_t::number_float:
      return absl::StrCat(value.get<double>());
    case Document::value_t::array: {
      std::string out;
      for (const Document& item : value) {
        absl::StrAppend(&out, out.empty() ? "" : ",", TextOf(item));
      }
      return out;
    }
    case Document::value_t::object:
      return value.empty() ? "" : value.dump(-1, ' ', false, Document::error_handler_t::replace);
    default:
      return value.dump();
  }
}

std::string TextAt(const Document& row, absl::string_view path) {
  const Document* place = &row;
  absl::string_view rest = path;
  while (!rest.empty()) {
    const size_t dot = rest.find('.');
    const std::string part(rest.substr(0, dot));
    const absl::string_view below = dot == absl::string_view::npos ? "" : rest.substr(dot + 1);
    size_t index = 0;
    if (place->is_object()) {
      if (absl::StartsWith(below, "*.")) return Joined(*place, part, below.substr(2));
      const auto found = place->find(part);
      if (found == place->end()) return "";
      place = &*found;
    } else if (place->is_array() && absl::SimpleAtoi(part, &index)) {
      if (index >= place->size()) return "";
      place = &(*place)[index];
    } else {
      return "";
    }
    rest = below;
  }
  return TextOf(*place);
}

std::string CellOf(const Document& row, const Column& column) {
  const std::string text = TextAt(row, column.path);
  // An enum that says "not set" is no news.
  if (absl::EndsWith(text, "_UNSPECIFIED")) return "";
  switch (column.shown) {
    case Shown::kAsIs:
      return text;
    case Shown::kFlywayWord:
      return FlywayWord(text);
    case Shown::kYesNo:
      return text.empty() ? "" : text == "true" ? "Yes" : "No";
    case Shown::kYesOnly:
      return text == "true" ? "Yes" : "";
    case Shown::kBytes:
      return text.empty() ? "" : BytesText(text);
  }
  return text;
}

}  // namespace storefront::cli
