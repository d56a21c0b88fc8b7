// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/convert_lint.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/convert.h"
#include "services/migrator/convert_budget.h"

namespace storefront::migrator {

absl::StatusOr<LintRequest> FromProto(const v1::LintMigrationsRequest& request) {
  LintRequest made{.script = request.script(), .include_applied = request.include_applied()};
  for (int i = 0; i < request.migrations_size(); ++i) {
    const std::string& name = request.migrations(i);
    if (!absl::StartsWith(name, "migrations/")) {
      return status::InvalidField(absl::StrCat("migrations[", i, "]"),
                                  "must have the form migrations/V3");
    }
    made.migrations.push_back(IdOf(name));
  }
  if (!request.text().empty()) made.text = request.text();
  ASSIGN_OR_RETURN(
      made.selection,
      LintSelection::Make({request.enable_rules().begin(), request.enable_rules().end()},
                          {request.disable_rules().begin(), request.disable_rules().end()}));
  return made;
}

void ToProto(const LintFinding& finding, v1::LintFinding& out) {
  out.set_rule(finding.rule);
  switch (finding.severity) {
    case LintSeverity::kNote:
      out.set_severity(v1::LintFinding::NOTE);
      break;
    case LintSeverity::kWarning:
      out.set_severity(v1::LintFinding::WARNING);
      break;
    case LintSeverity::kError:
      out.set_severity(v1::LintFinding::ERROR);
      break;
  }
  if (!finding.migration.empty()) out.set_migration(absl::StrCat("migrations/", finding.migration));
  out.set_script(finding.script);
  out.set_statement(finding.statement);
  out.set_line(finding.line);
  out.set_column(finding.column);
  out.set_relation(finding.relation);
  out.set_message(finding.message);
  out.set_fix(finding.fix);
}

void ToProto(const std::vector<LintFinding>& findings, v1::LintCounts& out) {
  for (const LintFinding& finding : findings) {
    switch (finding.severity) {
      case LintSeverity::kNote:
        out.set_notes(out.notes() + 1);
        break;
      case LintSeverity::kWarning:
        out.set_warnings(out.warnings() + 1);
        break;
      case LintSeverity::kError:
        out.set_errors(out.errors() + 1);
        break;
    }
  }
}

void ToProto(const LintReport& report, v1::Migration& out) {
  // The text takes 1 MiB, the statements less than the rest.
  constexpr size_t kFindingsShown = 1000;
  AnswerBudget budget(size_t{3} << 19);
  for (size_t i = 0; i < std::min(report.findings.size(), kFindingsShown); ++i) {
    ToProto(report.findings[i], *out.add_findings());
    if (!budget.KeepLast(*out.mutable_findings())) break;
  }
  ToProto(report.findings, *out.mutable_finding_counts());
}

std::string PageQueryOf(v1::LintMigrationsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return request.SerializeAsString();
}

void ToProto(const LintReport& report, grpcserver::Page page, v1::LintMigrationsResponse& out) {
  AnswerBudget budget;
  const size_t end = std::min(report.findings.size(), page.offset + page.size);
  for (size_t i = page.offset; i < end; ++i) {
    ToProto(report.findings[i], *out.add_findings());
    if (!budget.KeepLast(*out.mutable_findings())) break;
  }
  page.size = static_cast<size_t>(out.findings_size());
  out.set_next_page_token(page.NextToken(report.findings.size()));
  ToProto(report.findings, *out.mutable_counts());
  out.set_script_count(static_cast<int>(report.script_count));
}

}  // namespace storefront::migrator
