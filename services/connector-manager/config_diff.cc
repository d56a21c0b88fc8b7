// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/config_diff.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace storefront::connectors {
namespace {

constexpr absl::string_view kIdentityKeys[] = {"topic.prefix",      "slot.name",
                                               "publication.name",  "plugin.name",
                                               "connector.class",   "database.dbname",
                                               "database.hostname", "database.port",
                                               "snapshot.mode",     "offset.mismatch.strategy"};

constexpr absl::string_view kContractKeys[] = {
    "decimal.handling.mode", "time.precision.mode",        "interval.handling.mode",
    "binary.handling.mode",  "message.key.columns",        "tombstones.on.delete",
    "hstore.handling.mode",  "schema.name.adjustment.mode"};

constexpr absl::string_view kContractPrefixes[] = {"key.converter", "value.converter",
                                                   "header.converter", "transforms", "predicates"};

template <size_t N>
bool Has(const absl::string_view (&list)[N], absl::string_view key) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

std::set<std::string> Items(absl::string_view list) {
  std::set<std::string> items;
  for (absl::string_view item : absl::StrSplit(list, ',')) {
    item = absl::StripAsciiWhitespace(item);
    if (!item.empty()) items.emplace(item);
  }
  return items;
}

void JudgeTables(absl::string_view from, absl::string_view to, ConfigChange& change) {
  const std::set<std::string> before = Items(from);
  const std::set<std::string> after = Items(to);
  std::vector<std::string> removed, added;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(removed));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(added));
  std::vector<std::string> notes;
  if (!removed.empty()) {
    notes.push_back(absl::StrCat("no longer captured: ", absl::StrJoin(removed, ", ")));
  }
  if (!added.empty()) {
    notes.push_back(absl::StrCat("captured from now on: ", absl::StrJoin(added, ", "),
                                 " (rows that are already there come only with a table snapshot)"));
  }
  change.risk = removed.empty() ? Risk::kSafe : Risk::kIdentity;
  change.note = absl::StrJoin(notes, "; ");
}

Risk KeyRisk(absl::string_view key) {
  if (Has(kIdentityKeys, key)) return Risk::kIdentity;
  if (Has(kContractKeys, key)) return Risk::kContract;
  for (const absl::string_view prefix : kContractPrefixes) {
    if (key == prefix || absl::StartsWith(key, absl::StrCat(prefix, "."))) return Risk::kContract;
  }
  return Risk::kSafe;
}

}  // namespace

std::vector<ConfigChange> DiffConfig(const RenderedConfig& rendered,
                                     const ConnectorConfig& deployed) {
  std::vector<ConfigChange> changes;
  for (const auto& [key, value] : rendered.config) {
    const auto live = deployed.find(key);
    if (live != deployed.end() && live->second == value) continue;
    const bool secret = rendered.origins.at(key).secret;
    ConfigChange change{
        .key = key, .from = {}, .to = ShownValue(key, value, secret), .risk = KeyRisk(key)};
    if (live != deployed.end()) change.from = ShownValue(key, live->second, secret);
    if (key == "table.include.list") {
      JudgeTables(live == deployed.end() ? "" : live->second, value, change);
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

bool IsEqualConfig(const ConnectorConfig& declared, const ConnectorConfig& deployed) {
  return std::all_of(declared.begin(), declared.end(), [&deployed](const auto& entry) {
    const auto live = deployed.find(entry.first);
    return live != deployed.end() && live->second == entry.second;
  });
}

Risk RiskOf(const std::vector<ConfigChange>& changes) {
  Risk risk = Risk::kNone;
  for (const ConfigChange& change : changes) risk = std::max(risk, change.risk);
  return risk;
}

}  // namespace storefront::connectors
