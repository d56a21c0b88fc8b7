// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/lint_findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

// Of a message; some quote what the script says.
constexpr size_t kMessageCharacters = 1000;

LintSeverity OneStepUp(LintSeverity severity) {
  return severity == LintSeverity::kNote ? LintSeverity::kWarning : LintSeverity::kError;
}

bool EndsLine(absl::string_view text, size_t at) {
  return text[at] == '\n' || (text[at] == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n'));
}

}  // namespace

LintFindings::LintFindings(const LintScript& script, const LintModel& model,
                           const LintSelection& selection, const LintOptions& options)
    : script_(script),
      model_(model),
      selection_(selection),
      options_(options),
      ignored_(*script.script) {}

// PositionOf counts from the file's beginning; here the statement's line is known already.
TextPosition LintFindings::PositionIn(size_t statement, size_t offset) const {
  const PreparedStatement& place = script_.script->statements[statement];
  const absl::string_view raw = script_.script->raw->view();
  const ReplacedText& replaced = script_.script->replaced;
  const size_t begin = replaced.OriginalOffset(place.place.offset);
  const size_t at =
      std::min(raw.size(),
               replaced.OriginalOffset(place.place.offset + std::min(offset, place.place.length)));
  TextPosition position{.line = place.line};
  size_t line_start = at;
  while (line_start > 0 && !EndsLine(raw, line_start - 1)) --line_start;
  if (line_start == 0 && absl::StartsWith(raw, "\xEF\xBB\xBF")) line_start = 3;
  for (size_t i = begin; i < at; ++i) position.line += EndsLine(raw, i) ? 1 : 0;
  if (at > line_start) {
    position.column =
        1 + static_cast<int>(CountCharacters(raw.substr(line_start, at - line_start)));
  }
  return position;
}

void LintFindings::Keep(const LintHit& hit, const TextPosition& at, int statement) {
  const LintRuleInfo& info = InfoOf(hit.rule);
  LintSeverity severity = info.severity;
  if (info.trait == LintTrait::kLocking && hit.relation) {
    const std::optional<int64_t> rows = model_.RowsOf(*hit.relation);
    if (rows && *rows > options_.large_table_rows) severity = OneStepUp(severity);
  }
  const auto mask = [this](absl::string_view text) {
    return script_.placeholders == nullptr ? std::string(text) : script_.placeholders->Mask(text);
  };
  findings_.push_back({.rule = std::string(info.name),
                       .severity = severity,
                       .migration = script_.migration,
                       .script = script_.script->script.file.path,
                       .statement = statement,
                       .line = at.line,
                       .column = at.column,
                       .relation = hit.relation ? mask(hit.relation->Text()) : "",
                       .message = Shortened(mask(hit.message.empty() ? info.what : hit.message),
                                            kMessageCharacters),
                       .fix = std::string(info.fix)});
}

void LintFindings::Add(LintHit hit) {
  if (!Wants(hit.rule)) return;
  const TextPosition at = PositionIn(hit.statement, hit.offset);
  if (ignored_.Covers(hit.rule, hit.statement, at.line)) return;
  Keep(hit, at, static_cast<int>(hit.statement) + 1);
}

void LintFindings::AddAt(LintRule rule, size_t file_offset) {
  if (!Wants(rule)) return;
  const auto& statements = script_.script->statements;
  const ReplacedText& replaced = script_.script->replaced;
  size_t statement = 0;  // that the place is in or above
  while (statement + 1 < statements.size() &&
         replaced.OriginalOffset(statements[statement].place.offset +
                                 statements[statement].place.length) < file_offset) {
    ++statement;
  }
  const TextPosition at = PositionOf(*script_.script->raw, file_offset);
  if (ignored_.Covers(rule, statement, at.line)) return;
  Keep({.rule = rule}, at, statements.empty() ? 0 : static_cast<int>(statement) + 1);
}

std::vector<LintFinding> LintFindings::Take() {
  const auto place = [](const LintFinding& finding) {
    return std::tie(finding.line, finding.column, finding.rule, finding.relation);
  };
  std::stable_sort(findings_.begin(), findings_.end(),
                   [&](const LintFinding& a, const LintFinding& b) { return place(a) < place(b); });
  return std::exchange(findings_, {});
}

}  // namespace storefront::migrator
