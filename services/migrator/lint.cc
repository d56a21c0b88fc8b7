// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

using status::Reason;

constexpr absl::string_view kTextName = "V0__text.sql";

absl::Status NoSuchMigration(absl::string_view id) {
  const std::string name = absl::StrCat("migrations/", id);
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = Reason::kResourceNotFound,
                        .message = absl::StrCat("There is no file for ", name, "."),
                        .resource = status::ResourceRef{.type = "migrations", .name = name}});
}

// The same, as the fault of the request's text.
absl::Status OfText(const absl::Status& error) {
  status::ErrorSpec spec = status::DetailsOf(error);
  spec.code = absl::StatusCode::kInvalidArgument;
  spec.message = std::string(error.message());
  spec.fields = {{"text", spec.message}};
  return status::Error(std::move(spec));
}

std::vector<LintFinding> Only(std::vector<LintFinding> findings,
                              const std::set<std::string>& wanted) {
  std::erase_if(findings,
                [&](const LintFinding& each) { return !wanted.contains(each.migration); });
  return findings;
}

}  // namespace

// Files beside history, and the lines that have a file.
struct Linter::Folder {
  HistoryView view;
  ScriptSet set;
  MigrationTable table;
  std::vector<const MigrationLine*> pending;  // in the order of a run
  std::vector<const MigrationLine*> others;   // applied, or never to be; in the table's order
};

Linter::Linter(ScriptCatalog& scripts, SchemaHistory& history, LintCatalogReader& catalog,
               LinterOptions options)
    : scripts_(scripts), history_(history), catalog_(catalog), options_(std::move(options)) {}

absl::Status Linter::LoadFolder(Folder& folder) const {
  ASSIGN_OR_RETURN(folder.view, history_.Read());
  ASSIGN_OR_RETURN(folder.set, scripts_.Load(folder.view.facts));
  ASSIGN_OR_RETURN(folder.table, MakeTable(folder.set, folder.view.history,
                                           {.out_of_order = options_.out_of_order}));
  folder.pending = PendingLines(folder.table);
  std::set<std::string> seen;
  for (const MigrationLine* line : folder.pending) seen.insert(line->id);
  for (const MigrationLine& line : folder.table.lines) {
    if (line.script != nullptr && !line.hidden && seen.insert(line.id).second) {
      folder.others.push_back(&line);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PreparedScript> Linter::PrepareText(const LintRequest& request,
                                                   const ServerFacts& facts) const {
  const std::string& text = *request.text;
  if (text.size() > options_.max_text_bytes) {
    return status::Error({.code = absl::StatusCode::kResourceExhausted,
                          .reason = Reason::kLimitExceeded,
                          .message = absl::StrCat("The text has ", text.size(),
                                                  " bytes, more than ", options_.max_text_bytes,
                                                  ". Shorten it, or raise `max_lint_text`."),
                          .metadata = {{"setting", "max_lint_text"}},
                          .fields = {{"text", "is too long"}}});
  }
  const std::string file = request.script.empty() ? std::string(kTextName) : request.script;
  // A file that is no migration yet is judged as a versioned one.
  auto name = ParseScriptName(file.substr(file.rfind('/') + 1));
  if (!name.ok()) name = ParseScriptName(kTextName);
  auto prepared = scripts_.PrepareText({.name = *name, .file = {"", file}}, text, facts);
  if (!prepared.ok() && status::ReasonOf(prepared.status()) != Reason::kLimitExceeded) {
    return OfText(prepared.status());
  }
  return prepared;
}

std::vector<PreparedScript> Linter::PrepareAll(const std::vector<const MigrationLine*>& lines,
                                               const std::set<std::string>& wanted,
                                               const ServerFacts& facts,
                                               std::vector<Finding>& findings) const {
  std::vector<PreparedScript> ready;
  ready.reserve(lines.size());
  for (const MigrationLine* line : lines) {
    auto prepared = scripts_.Prepare(*line->script, facts);
    if (prepared.ok()) {
      ready.push_back(*std::move(prepared));
    } else if (wanted.contains(line->id)) {
      findings.push_back(FindingOf(prepared.status(), line->id, line->script->file.path));
    }
  }
  return ready;
}

LintScript Linter::Describe(const PreparedScript& script, std::string migration) const {
  LintScript described{.script = &script, .migration = std::move(migration)};
  described.placeholders = &scripts_.placeholders();
  if (!options_.mixed) {
    const auto decided = DecideTransactional(script.statements);
    described.is_mixed_refused = status::ReasonOf(decided.status()) == Reason::kMixedScript;
  }
  return described;
}

void Linter::Count(const std::vector<LintFinding>& findings) const {
  for (const LintFinding& finding : findings) options_.on_finding(finding.rule);
}

absl::StatusOr<LintReport> Linter::Lint(const LintRequest& request) {
  Folder folder;
  RETURN_IF_ERROR(LoadFolder(folder));
  const ServerFacts& facts = folder.view.facts;
  std::optional<PreparedScript> text;
  if (request.text) {
    if (!request.migrations.empty()) {
      return status::InvalidField("text", "cannot be given together with migrations");
    }
    ASSIGN_OR_RETURN(text, PrepareText(request, facts));
  } else {
    RETURN_IF_ERROR(FindingsToStatus(folder.set.findings));
  }

  std::set<std::string> wanted(request.migrations.begin(), request.migrations.end());
  bool wants_others = false;
  for (const std::string& id : wanted) {
    const auto has = [&](const std::vector<const MigrationLine*>& lines) {
      return std::any_of(lines.begin(), lines.end(),
                         [&](const auto* line) { return line->id == id; });
    };
    if (has(folder.pending)) continue;
    if (!has(folder.others)) return NoSuchMigration(id);
    wants_others = true;
  }
  if (wanted.empty() && !text) {
    for (const MigrationLine* line : folder.pending) wanted.insert(line->id);
    if (request.include_applied) {
      for (const MigrationLine* line : folder.others) wanted.insert(line->id);
      wants_others = true;
    }
  }

  std::vector<Finding> unusable;
  const std::vector<PreparedScript> others =
      wants_others ? PrepareAll(folder.others, wanted, facts, unusable)
                   : std::vector<PreparedScript>();
  const std::vector<PreparedScript> pending = PrepareAll(folder.pending, wanted, facts, unusable);
  RETURN_IF_ERROR(FindingsToStatus(unusable));

  const auto describe = [&](const std::vector<PreparedScript>& scripts) {
    std::vector<LintScript> described;
    for (const PreparedScript& script : scripts) {
      described.push_back(Describe(script, MigrationId(script.script.name)));
    }
    return described;
  };
  const std::vector<LintScript> from_scratch = describe(others);
  std::vector<LintScript> on_top = describe(pending);
  if (text) on_top.push_back(Describe(*text, ""));
  std::vector<LintScript> all = from_scratch;
  all.insert(all.end(), on_top.begin(), on_top.end());
  ASSIGN_OR_RETURN(const LintCatalog catalog, catalog_.Read(CatalogRequestFor(all)));

  LintReport report{.script_count = text ? 1 : wanted.size()};
  if (text) wanted = {""};
  LintModel empty(catalog, LintModel::Start::kEmpty);
  report.findings =
      Only(LintScripts(from_scratch, request.selection, options_.lint, empty), wanted);
  LintModel live(catalog, LintModel::Start::kLive);
  std::vector<LintFinding> found =
      Only(LintScripts(on_top, request.selection, options_.lint, live), wanted);
  std::move(found.begin(), found.end(), std::back_inserter(report.findings));
  if (request.is_counted) Count(report.findings);
  return report;
}

absl::StatusOr<std::vector<LintFinding>> Linter::Judge(const ScriptsToJudge& scripts) {
  std::vector<LintScript> described;
  described.reserve(scripts.scripts.size());
  for (const PreparedScript* script : scripts.scripts) {
    described.push_back(Describe(*script, MigrationId(script->script.name)));
  }
  if (described.empty()) return std::vector<LintFinding>();
  ASSIGN_OR_RETURN(const LintCatalog catalog, catalog_.Read(CatalogRequestFor(described)));
  LintModel model(catalog, LintModel::Start::kLive);
  LintOptions options = options_.lint;
  options.one_transaction = scripts.one_transaction;
  std::vector<LintFinding> findings = LintScripts(described, LintSelection(), options, model);
  Count(findings);
  return findings;
}

}  // namespace storefront::migrator
