// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_catalog.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/checksum_cause.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {

ScriptCatalog::ScriptCatalog(ScriptSource& source, StatementParser& parser,
                             const Placeholders& placeholders, clock::Clock& clock,
                             CatalogOptions options)
    : source_(source),
      parser_(parser),
      placeholders_(placeholders),
      clock_(clock),
      options_(std::move(options)) {}

std::map<std::string, std::string> ScriptCatalog::BuiltIn(const Script& script,
                                                          const ServerFacts& facts) const {
  return {{"defaultSchema", options_.default_schema},
          {"user", facts.user},
          {"database", facts.database},
          {"timestamp", absl::FormatTime("%Y-%m-%d %H:%M:%S", clock_.Now(), absl::LocalTimeZone())},
          {"filename", script.file.Name()},
          {"workingDirectory", options_.working_directory},
          {"table", options_.history_table},
          {"environment", "default"}};
}

void ScriptCatalog::ReadConfigs(ScriptSet& set) {
  for (auto* scripts :
       {&set.versioned, &set.baselines, &set.repeatables, &set.undos, &set.callbacks}) {
    for (Script& script : *scripts) {
      if (!script.config_file) continue;
      const auto config = [&]() -> absl::StatusOr<ScriptConfig> {
        ASSIGN_OR_RETURN(const SourceText text, source_.Read(*script.config_file));
        return ParseScriptConfig(script.config_file->path, text.text->view());
      }();
      if (config.ok()) {
        script.config = *config;
      } else {
        const bool is_migration = script.name.kind != ScriptKind::kCallback;
        set.findings.push_back(FindingOf(config.status(),
                                         is_migration ? MigrationId(script.name) : "",
                                         script.config_file->path));
      }
    }
  }
}

absl::StatusOr<int32_t> ScriptCatalog::RepeatableChecksum(const Script& script,
                                                          const ServerFacts& facts,
                                                          bool& depends_on_time) {
  ASSIGN_OR_RETURN(const SourceText text, source_.Read(script.file));
  if (!script.config.replace_placeholders) return text.checksum;
  if (absl::StrContainsIgnoreCase(text.text->view(), "${flyway:timestamp}")) depends_on_time = true;
  const auto replaced = placeholders_.Replace(text.text, BuiltIn(script, facts));
  if (!replaced.ok()) return status::Prefix(script.file.path, replaced.status());
  return ScriptChecksum(replaced->script_text());
}

absl::StatusOr<ScriptSet> ScriptCatalog::Load(const ServerFacts& facts) {
  ASSIGN_OR_RETURN(const SourceListing listing, List());
  return Load(listing.files, facts);
}

ScriptSet ScriptCatalog::Load(const std::vector<SourceFile>& files, const ServerFacts& facts) {
  ScriptSet set = MakeScriptSet(files, {.validate_naming = options_.validate_naming});
  ReadConfigs(set);
  for (auto* scripts : {&set.versioned, &set.baselines, &set.repeatables}) {
    for (Script& script : *scripts) {
      const auto checksum = script.name.kind == ScriptKind::kRepeatable
                                ? RepeatableChecksum(script, facts, set.depends_on_time)
                                : source_.Checksum(script.file);
      if (checksum.ok()) {
        script.checksum = *checksum;
      } else {
        set.findings.push_back(
            FindingOf(checksum.status(), MigrationId(script.name), script.file.path));
      }
    }
  }
  return set;
}

absl::StatusOr<PreparedScript> ScriptCatalog::Prepare(const Script& script,
                                                      const ServerFacts& facts, bool allow_mixed) {
  ASSIGN_OR_RETURN(const SourceText text, source_.Read(script.file));
  return PrepareScript(script, text, placeholders_, BuiltIn(script, facts), parser_,
                       options_.max_statements, allow_mixed);
}

std::string ScriptCatalog::ExplainChecksum(const Script& script, const ServerFacts& facts,
                                           int32_t recorded) {
  const auto text = source_.Read(script.file);
  if (!text.ok()) return "";
  const auto replaced = placeholders_.Replace(text->text, BuiltIn(script, facts));
  return LikelyChecksumCause(text->text->view(), replaced.ok() ? replaced->text() : "", recorded);
}

Callbacks ScriptCatalog::PrepareCallbacks(const ScriptSet& set, const ServerFacts& facts,
                                          absl::FunctionRef<bool(CallbackEvent)> is_wanted,
                                          std::vector<Finding>& findings) {
  Callbacks callbacks;
  for (const Script& script : set.callbacks) {
    const std::optional<CallbackEvent> event = FindCallbackEvent(script.name.event);
    if (!event || !is_wanted(*event)) continue;
    auto prepared = Prepare(script, facts);
    if (!prepared.ok()) {
      findings.push_back(FindingOf(prepared.status(), "", script.file.path));
      continue;
    }
    if (IsInMigration(*event) && !prepared->transactional) {
      findings.push_back({std::string(status::ReasonName(status::Reason::kInvalidScript)), "",
                          script.file.path,
                          absl::StrCat(script.file.path, ": ", script.name.event,
                                       " is part of each migration's transaction, but a statement "
                                       "of it, or its configuration, refuses one.")});
      continue;
    }
    callbacks[*event].push_back(std::make_shared<const PreparedScript>(*std::move(prepared)));
  }
  return callbacks;
}

absl::StatusOr<PreparedScript> ScriptCatalog::PrepareText(const Script& script,
                                                          absl::string_view text,
                                                          const ServerFacts& facts) {
  const SourceText source{.text = TextInMemory(std::string(text)),
                          .checksum = ScriptChecksum(text)};
  return PrepareScript(script, source, placeholders_, BuiltIn(script, facts), parser_,
                       options_.max_statements);
}

}  // namespace storefront::migrator
