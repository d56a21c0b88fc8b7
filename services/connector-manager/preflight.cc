// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/preflight.h"

#include <re2/re2.h>

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/connector-manager/connector_lint.h"

namespace storefront::connectors {
namespace {

// Debezium's include list: comma-separated regular expressions, whole names, any case.
class IncludeList {
 public:
  explicit IncludeList(absl::string_view list) {
    for (absl::string_view item : absl::StrSplit(list, ',')) {
      item = absl::StripAsciiWhitespace(item);
      if (item.empty()) continue;
      re2::RE2::Options options;
      options.set_case_sensitive(false);
      options.set_log_errors(false);
      patterns_.push_back(
          std::make_unique<re2::RE2>(re2::StringPiece(item.data(), item.size()), options));
    }
  }
  bool empty() const { return patterns_.empty(); }
  bool Matches(const std::string& table) const {
    for (const auto& pattern : patterns_) {
      if (pattern->ok() && re2::RE2::FullMatch(table, *pattern)) return true;
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
};

}  // namespace

SourceQuestion QuestionFor(const ConnectorConfig& config) {
  return {.role = ValueOf(config, "database.user"),
          .publication = ValueOf(config, "publication.name"),
          .signal_table = ValueOf(config, "signal.data.collection")};
}

std::vector<Finding> Preflight(const ConnectorConfig& config, const SourceFacts& facts,
                               bool has_slot) {
  std::vector<Finding> findings;
  const auto report = [&findings](Severity severity, absl::string_view rule, absl::string_view key,
                                  std::string message) {
    findings.push_back({.severity = severity,
                        .rule = absl::StrCat("PREFLIGHT_", rule),
                        .message = std::move(message),
                        .key = std::string(key)});
  };
  const auto error = [&report](absl::string_view rule, absl::string_view key, std::string message) {
    report(Severity::kError, rule, key, std::move(message));
  };
  const SourceQuestion asked = QuestionFor(config);

  if (facts.wal_level != "logical") {
    error("WAL_LEVEL", "", absl::StrCat("wal_level is ", facts.wal_level, "; it must be logical"));
  }
  if (!facts.role_exists) {
    error("ROLE", "database.user",
          absl::StrCat("role ", asked.role, " does not exist; run the migrations"));
  } else if (!facts.role_can_login || !facts.role_can_replicate) {
    error("ROLE", "database.user",
          absl::StrCat("role ", asked.role, " needs LOGIN and REPLICATION"));
  }
  if (!facts.publication_exists) {
    error("PUBLICATION", "publication.name",
          absl::StrCat("publication ", asked.publication, " does not exist; run the migrations"));
  }
  if (!has_slot && facts.slots_free <= 0) {
    error("SLOTS", "slot.name",
          "no free replication slot: raise max_replication_slots or drop an unused one");
  }
  if (!has_slot && facts.senders_free <= 0) {
    error("SENDERS", "slot.name", "no free walsender: raise max_wal_senders");
  }

  const IncludeList include(ValueOf(config, "table.include.list"));
  const bool can_compare = facts.role_exists && facts.publication_exists;
  std::vector<std::string> unselectable, unpublished, uncaptured, without_identity;
  int matched = 0;
  for (const SourceTable& table : facts.tables) {
    const bool is_signal = table.name == asked.signal_table;
    const bool captured = include.empty() ? table.published : include.Matches(table.name);
    matched += captured ? 1 : 0;
    if (captured && !table.selectable) unselectable.push_back(table.name);
    if (captured && !table.published) unpublished.push_back(table.name);
    if (captured && !table.has_identity) without_identity.push_back(table.name);
    if (table.published && !captured && !is_signal) uncaptured.push_back(table.name);
    if (is_signal && can_compare && !table.published) unpublished.push_back(table.name);
  }
  if (matched == 0) {
    error("TABLES", "table.include.list", "matches no table of the database; run the migrations");
  }
  if (can_compare && !unselectable.empty()) {
    error("SELECT", "table.include.list",
          absl::StrCat("role ", asked.role, " may not read ", absl::StrJoin(unselectable, ", ")));
  }
  if (can_compare && !unpublished.empty()) {
    error("PUBLICATION", "publication.name",
          absl::StrCat("the publication lacks ", absl::StrJoin(unpublished, ", "),
                       ": their rows would come once, their changes never"));
  }
  if (can_compare && !uncaptured.empty()) {
    report(Severity::kWarning, "PUBLICATION", "table.include.list",
           absl::StrCat("published but not captured: ", absl::StrJoin(uncaptured, ", ")));
  }
  if (can_compare && !asked.signal_table.empty() && !(facts.signal_insert && facts.signal_delete)) {
    error("SIGNAL", "signal.data.collection",
          absl::StrCat("role ", asked.role, " needs INSERT and DELETE on ", asked.signal_table));
  }
  if (!without_identity.empty()) {
    report(Severity::kWarning, "IDENTITY", "table.include.list",
           absl::StrCat("without replica identity (updates and deletes are refused): ",
                        absl::StrJoin(without_identity, ", ")));
  }
  if (!facts.slot_wal_is_limited) {
    report(Severity::kWarning, "KEEP_SIZE", "",
           "max_slot_wal_keep_size is -1: a slot that nobody reads fills the disk");
  }
  if (!has_slot && !facts.old_transactions.empty()) {
    report(Severity::kWarning, "TRANSACTION", "",
           absl::StrCat("open for over 60 s, slot creation waits for them: pid ",
                        absl::StrJoin(facts.old_transactions, ", ")));
  }
  return findings;
}

}  // namespace storefront::connectors
