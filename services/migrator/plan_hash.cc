// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/plan_hash.h"

#include "absl/strings/str_cat.h"
#include "services/migrator/sha256.h"

namespace storefront::migrator {
namespace {

// Every part goes in with its length, so that no two lists of parts look alike.
class Parts {
 public:
  void Add(absl::string_view part) {
    absl::StrAppend(&small_, part.size(), ":", part);
    if (small_.size() >= kGathered) Flush();
  }
  void Add(const ScriptText& text) {
    const size_t size = text.view().size();
    absl::StrAppend(&small_, size, ":");
    Flush();
    text.Walk(0, size, [this](absl::string_view piece) {
      sha256_.Update(piece);
      return true;
    });
  }
  void Add(int64_t number) { Add(absl::StrCat(number)); }
  void Add(bool flag) { Add(absl::string_view(flag ? "yes" : "no")); }

  std::string Hex() {
    Flush();
    return sha256_.FinishHex();
  }

 private:
  static constexpr size_t kGathered = 4096;  // a call for each small part would cost more than it

  void Flush() {
    sha256_.Update(small_);
    small_.clear();
  }

  std::string small_;
  Sha256 sha256_;
};

void AddScript(const PreparedScript& script, Parts& parts) {
  parts.Add(absl::string_view(script.script.file.path));
  parts.Add(*script.raw);
  parts.Add(script.script.checksum ? absl::StrCat(*script.script.checksum) : "");
  parts.Add(script.transactional);
  parts.Add(script.script.config.replace_placeholders);
}

void AddRow(const HistoryRow& row, Parts& parts) {
  parts.Add(int64_t{row.installed_rank});
  parts.Add(row.version ? row.version->text() : "");
  parts.Add(absl::string_view(row.description));
  parts.Add(HistoryTypeName(row.type));
  parts.Add(absl::string_view(row.script));
  parts.Add(row.checksum ? absl::StrCat(*row.checksum) : "");
  parts.Add(row.success);
}

}  // namespace

std::string PlanHash(const MigratePlan& plan, const MigrateOptions& options, const History& history,
                     const ServerFacts& facts, const Placeholders& placeholders) {
  Parts parts;
  parts.Add(absl::string_view("migration plan 1"));
  parts.Add(absl::string_view(facts.database));
  parts.Add(absl::string_view(facts.user));
  parts.Add(static_cast<int64_t>(options.target.kind));
  parts.Add(options.target.version ? options.target.version->Canonical() : "");
  parts.Add(options.out_of_order);
  parts.Add(options.skip_executing);
  parts.Add(options.mixed);
  parts.Add(plan.one_transaction);
  parts.Add(int64_t{history.exists});
  parts.Add(static_cast<int64_t>(history.rows.size()));
  for (const HistoryRow& row : history.rows) AddRow(row, parts);
  parts.Add(plan.baseline.has_value());
  if (plan.baseline) AddRow(*plan.baseline, parts);
  parts.Add(static_cast<int64_t>(plan.scripts.size()));
  for (const PlannedScript& script : plan.scripts) {
    parts.Add(absl::string_view(script.id));
    AddScript(*script.prepared, parts);
  }
  for (const auto& [event, scripts] : plan.callbacks) {
    parts.Add(CallbackEventName(event));
    parts.Add(static_cast<int64_t>(scripts.size()));
    for (const auto& script : scripts) AddScript(*script, parts);
  }
  for (const auto& [name, value] : placeholders.Shown()) {
    parts.Add(absl::string_view(name));
    parts.Add(value.has_value());
    parts.Add(absl::string_view(value.value_or("")));
  }
  return parts.Hex();
}

}  // namespace storefront::migrator
