// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_catalog.h"

#include <utility>

#include "absl/time/time.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
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

absl::StatusOr<ScriptSet> ScriptCatalog::Load(const ServerFacts& facts) {
  ASSIGN_OR_RETURN(const std::vector<SourceFile> files, source_.List());
  ScriptSet set = MakeScriptSet(files, {.validate_naming = options_.validate_naming});
  for (auto* scripts : {&set.versioned, &set.baselines}) {
    for (Script& script : *scripts) {
      auto checksum = source_.Checksum(script.file);
      if (checksum.ok()) {
        script.checksum = *checksum;
      } else {
        set.findings.push_back(
            FindingOf(checksum.status(), MigrationId(script.name), script.file.path));
      }
    }
  }
  for (Script& script : set.repeatables) {
    auto text = source_.Read(script.file);
    if (!text.ok()) {
      set.findings.push_back(FindingOf(text.status(), MigrationId(script.name), script.file.path));
      continue;
    }
    auto replaced = placeholders_.Replace(text->text, BuiltIn(script, facts));
    if (!replaced.ok()) {
      set.findings.push_back(FindingOf(status::Prefix(script.file.path, replaced.status()),
                                       MigrationId(script.name), script.file.path));
      continue;
    }
    script.checksum = ScriptChecksum(replaced->script_text());
  }
  return set;
}

absl::StatusOr<PreparedScript> ScriptCatalog::Prepare(const Script& script,
                                                      const ServerFacts& facts) {
  ASSIGN_OR_RETURN(const SourceText text, source_.Read(script.file));
  return PrepareScript(script, text, placeholders_, BuiltIn(script, facts), parser_,
                       options_.max_statements);
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
