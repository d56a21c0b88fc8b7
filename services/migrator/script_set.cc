// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/script_set.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "services/migrator/callbacks.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

using status::Reason;

constexpr absl::string_view kConfigSuffix = ".conf";

bool ByVersion(const Script& a, const Script& b) { return *a.name.version < *b.name.version; }

void FindEqualVersions(const std::vector<Script>& scripts, std::vector<Finding>& findings) {
  for (size_t i = 1; i < scripts.size(); ++i) {
    const Script& a = scripts[i - 1];
    const Script& b = scripts[i];
    if (*a.name.version != *b.name.version) continue;
    findings.push_back(
        {std::string(status::ReasonName(Reason::kDuplicateVersionedMigration)), MigrationId(b.name),
         b.file.path,
         absl::StrCat("Version ", b.name.version->Canonical(), " is in ", a.file.path, " and in ",
                      b.file.path, ". Give one of them another version.")});
  }
}

void FindEqualDescriptions(const std::vector<Script>& scripts, std::vector<Finding>& findings) {
  for (size_t i = 1; i < scripts.size(); ++i) {
    const Script& a = scripts[i - 1];
    const Script& b = scripts[i];
    if (a.name.description != b.name.description) continue;
    findings.push_back({std::string(status::ReasonName(Reason::kDuplicateRepeatableMigration)),
                        MigrationId(b.name), b.file.path,
                        absl::StrCat("Repeatable \"", b.name.description, "\" is in ", a.file.path,
                                     " and in ", b.file.path, ". Rename one of them.")});
  }
}

void AddScript(ScriptName name, const SourceFile& file, ScriptSet& set) {
  switch (name.kind) {
    case ScriptKind::kVersioned:
      set.versioned.push_back({std::move(name), file, {}});
      return;
    case ScriptKind::kBaseline:
      set.baselines.push_back({std::move(name), file, {}});
      return;
    case ScriptKind::kRepeatable:
      set.repeatables.push_back({std::move(name), file, {}});
      return;
    case ScriptKind::kUndo:
      set.undos.push_back({std::move(name), file, {}});
      return;
    case ScriptKind::kCallback:
      if (FindCallbackEvent(name.event)) {
        set.callbacks.push_back({std::move(name), file, {}});
        return;
      }
      set.warnings.push_back({"CALLBACK_NOT_SUPPORTED", "", file.path,
                              absl::StrCat(file.path, ": callbacks of ", name.event,
                                           " are not run here. Move its work to another event, "
                                           "or into a migration.")});
      return;
  }
}

// Flyway allows one script of an event and description.
void SortCallbacks(ScriptSet& set) {
  const auto key = [](const Script& script) {
    return std::make_pair(FindCallbackEvent(script.name.event), script.name.description);
  };
  std::stable_sort(set.callbacks.begin(), set.callbacks.end(),
                   [&](const Script& a, const Script& b) { return key(a) < key(b); });
  for (size_t i = 1; i < set.callbacks.size(); ++i) {
    const Script& a = set.callbacks[i - 1];
    const Script& b = set.callbacks[i];
    if (key(a) != key(b)) continue;
    set.findings.push_back({std::string(status::ReasonName(Reason::kInvalidName)), "", b.file.path,
                            absl::StrCat("The same callback is in ", a.file.path, " and in ",
                                         b.file.path, ". Give one another description.")});
  }
}

void AttachConfigs(std::map<SourceFile, SourceFile> configs, ScriptSet& set) {
  for (auto* scripts :
       {&set.versioned, &set.baselines, &set.repeatables, &set.undos, &set.callbacks}) {
    if (configs.empty()) return;
    for (Script& script : *scripts) {
      if (auto found = configs.extract(script.file); found) script.config_file = found.mapped();
    }
  }
  for (const auto& [script, config] : configs) {
    set.warnings.push_back(
        {std::string(status::ReasonName(Reason::kInvalidScriptConfig)), "", config.path,
         absl::StrCat(config.path, " is for no script: there is no ", script.path, ".")});
  }
}

}  // namespace

bool ScriptSet::HasUndo(const Version& version) const {
  return std::any_of(undos.begin(), undos.end(),
                     [&](const Script& undo) { return *undo.name.version == version; });
}

ScriptSet MakeScriptSet(const std::vector<SourceFile>& files, const ScriptSetOptions& options) {
  ScriptSet set;
  std::map<SourceFile, SourceFile> configs;  // by the script they are for
  for (const SourceFile& file : files) {
    const std::string file_name = file.Name();
    if (IsScriptConfigFile(file_name)) {
      const std::string script = file.path.substr(0, file.path.size() - kConfigSuffix.size());
      configs.emplace(SourceFile{file.location, script}, file);
      continue;
    }
    auto name = ParseScriptName(file_name);
    if (!name.ok()) {
      (options.validate_naming ? set.findings : set.warnings)
          .push_back(FindingOf(name.status(), "", file.path));
      continue;
    }
    AddScript(*std::move(name), file, set);
  }
  for (auto* scripts : {&set.versioned, &set.baselines, &set.undos}) {
    std::stable_sort(scripts->begin(), scripts->end(), ByVersion);
    FindEqualVersions(*scripts, set.findings);
  }
  std::stable_sort(set.repeatables.begin(), set.repeatables.end(),
                   [](const Script& a, const Script& b) {
                     return ToUtf16(a.name.description) < ToUtf16(b.name.description);
                   });
  FindEqualDescriptions(set.repeatables, set.findings);
  SortCallbacks(set);
  AttachConfigs(std::move(configs), set);
  return set;
}

Finding FindingOf(const absl::Status& error, absl::string_view migration,
                  absl::string_view script) {
  return {std::string(status::ReasonName(status::ReasonOf(error))), std::string(migration),
          std::string(script), std::string(error.message())};
}

absl::Status FindingsToStatus(const std::vector<Finding>& findings) {
  if (findings.empty()) return absl::OkStatus();
  Reason reason = Reason::kValidationFailed;
  for (const status::ReasonInfo& info : status::AllReasons()) {
    if (info.name == findings.front().code) reason = info.reason;
  }
  status::ErrorSpec spec{.code = absl::StatusCode::kFailedPrecondition, .reason = reason};
  spec.message = findings.front().message;
  if (findings.size() > 1) {
    absl::StrAppend(&spec.message, " (and ", findings.size() - 1, " more findings)");
  }
  for (const Finding& finding : findings) {
    spec.preconditions.push_back({.type = finding.code,
                                  .subject = finding.migration.empty()
                                                 ? finding.script
                                                 : absl::StrCat("migrations/", finding.migration),
                                  .description = finding.message});
  }
  return status::Error(std::move(spec));
}

}  // namespace storefront::migrator
