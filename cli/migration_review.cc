// SPDX-License-Identifier: Apache-2.0
#include "cli/migration_review.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "cli/text_diff.h"
#include "cli/view.h"

namespace storefront::cli {
namespace {

using migrator::v1::Drift;
using migrator::v1::LintCounts;
using migrator::v1::LintFinding;
using migrator::v1::MigrationPlan;
using migrator::v1::PlanLock;
using migrator::v1::PlanStatement;
using migrator::v1::PlanStep;
using migrator::v1::SchemaChange;

constexpr char kBold[] = "\x1b[1m";
constexpr char kRed[] = "\x1b[31m";
constexpr char kGreen[] = "\x1b[32m";
constexpr char kYellow[] = "\x1b[33m";
constexpr char kCyan[] = "\x1b[36m";
constexpr char kReset[] = "\x1b[0m";

std::string Painted(absl::string_view text, const char* paint, bool color) {
  return color ? absl::StrCat(paint, text, kReset) : std::string(text);
}

// Texts of a server must not drive the terminal.
std::string Clean(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(c == '\n' || c == '\t' ? ' ' : byte < 0x20 || byte == 0x7f ? '?' : c);
  }
  return out;
}

std::string Counted(int64_t number, absl::string_view one) {
  return absl::StrCat(number, " ", one, number == 1 ? "" : "s");
}

// 1234567 as "1.2 million".
std::string Rounded(int64_t number) {
  const auto value = static_cast<double>(number);
  if (number < 10'000) return absl::StrCat(number);
  if (number < 1'000'000) return absl::StrFormat("%.0f thousand", value / 1e3);
  if (number < 1'000'000'000) return absl::StrFormat("%.1f million", value / 1e6);
  return absl::StrFormat("%.1f billion", value / 1e9);
}

absl::string_view SeverityWord(LintFinding::Severity severity) {
  switch (severity) {
    case LintFinding::ERROR:
      return "error";
    case LintFinding::WARNING:
      return "warning";
    default:
      return "note";
  }
}

const char* SeverityPaint(LintFinding::Severity severity) {
  return severity == LintFinding::ERROR ? kRed : severity == LintFinding::WARNING ? kYellow : kCyan;
}

std::string LockText(const PlanLock& lock) {
  const std::string size = TableSizeText(lock);
  std::string out =
      absl::StrCat("locks ", Clean(lock.relation()),
                   size.empty() ? "" : absl::StrCat(" (", size, ")"), " in ", Clean(lock.mode()));
  if (!lock.blocks().empty()) absl::StrAppend(&out, ": keeps out ", Clean(lock.blocks()));
  if (lock.scans_table()) absl::StrAppend(&out, "; goes through the whole table");
  return out;
}

void AppendStatement(const PlanStatement& statement, size_t line_width, std::string& out) {
  const std::string head =
      absl::StrFormat("   %*d  ", static_cast<int>(line_width), statement.line());
  const std::string text = Clean(statement.text().empty() ? statement.command() : statement.text());
  absl::StrAppend(&out, head, text, "\n");
  for (const PlanLock& lock : statement.locks()) {
    absl::StrAppend(&out, std::string(head.size(), ' '), "- ", LockText(lock), "\n");
  }
}

void AppendStep(const PlanStep& step, int number, bool color, std::string& out) {
  absl::StrAppend(&out, number, ". ", Painted(Clean(step.script()), kBold, color));
  if (!step.description().empty()) absl::StrAppend(&out, "  ", Clean(step.description()));
  absl::StrAppend(
      &out, "\n   ", Clean(step.reason()), ", ",
      step.transactional()
          ? "one transaction with its history row"
          : Painted("outside a transaction: what it did stays when it fails", kYellow, color),
      ", ", Counted(step.statement_count(), "statement"), "\n");
  int last_line = 1;
  for (const PlanStatement& each : step.statements()) last_line = std::max(last_line, each.line());
  for (const PlanStatement& each : step.statements()) {
    AppendStatement(each, absl::StrCat(last_line).size(), out);
  }
  if (step.statement_count() > step.statements_size()) {
    absl::StrAppend(&out, "   … and ", step.statement_count() - step.statements_size(), " more\n");
  }
  for (const LintFinding& each : step.findings()) {
    absl::StrAppend(&out, each.severity() == LintFinding::NOTE ? "   - " : "   ! ",
                    Painted(SeverityWord(each.severity()), SeverityPaint(each.severity()), color),
                    " ", each.line(), ":", each.column(), " ", Clean(each.rule()), ": ",
                    Clean(each.message()), "\n");
    if (!each.fix().empty()) absl::StrAppend(&out, "     fix: ", Clean(each.fix()), "\n");
  }
}

std::string Heading(const MigrationPlan& plan) {
  int outside = 0;
  for (const PlanStep& step : plan.steps()) outside += step.transactional() ? 0 : 1;
  const std::string from = plan.current_version().empty() ? "nothing" : plan.current_version();
  const std::string to = plan.final_version().empty() ? "nothing" : plan.final_version();
  std::string out = absl::StrCat("Database ", Clean(plan.database()), ", version ", from,
                                 from == to ? "" : absl::StrCat(" → ", to), ": ",
                                 Counted(plan.steps_size(), "script"));
  if (outside > 0) absl::StrAppend(&out, ", ", outside, " of them outside a transaction");
  return absl::StrCat(out, "\n");
}

char MarkOf(SchemaChange::Action action) {
  return action == SchemaChange::ADDED ? '+' : action == SchemaChange::REMOVED ? '-' : '~';
}

std::string CaptureName(const Drift& drift) {
  const auto& capture = drift.capture();
  const absl::Time time = absl::FromUnixSeconds(capture.capture_time().seconds());
  return absl::StrCat(
      "captured ", absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::UTCTimeZone()),
      capture.migration_run().empty() ? "" : absl::StrCat(" by ", Clean(capture.migration_run())));
}

}  // namespace

std::string TableSizeText(const PlanLock& lock) {
  std::vector<std::string> parts;
  if (lock.has_estimated_rows()) {
    parts.push_back(absl::StrCat("about ", Rounded(lock.estimated_rows()),
                                 lock.estimated_rows() == 1 ? " row" : " rows"));
  }
  if (lock.size_bytes() > 0) {
    parts.push_back(CellOf({{"size", lock.size_bytes()}},
                           {.heading = "SIZE", .path = "size", .shown = Shown::kBytes}));
  }
  return absl::StrJoin(parts, ", ");
}

std::string PlanText(const MigrationPlan& plan, bool color) {
  if (plan.steps().empty() && plan.schemas_to_create().empty() && !plan.baselines_first()) {
    return absl::StrCat(
        "Nothing to apply: database ", Clean(plan.database()),
        plan.current_version().empty()
            ? " has no version and nothing is pending.\n"
            : absl::StrCat(" is at version ", Clean(plan.current_version()), ".\n"));
  }
  std::string out = Heading(plan);
  if (!plan.schemas_to_create().empty()) {
    absl::StrAppend(&out, "Creates schemas: ", Clean(absl::StrJoin(plan.schemas_to_create(), ", ")),
                    "\n");
  }
  if (plan.baselines_first()) absl::StrAppend(&out, "Records a baseline first.\n");
  if (!plan.callbacks().empty()) {
    absl::StrAppend(&out, "Callbacks: ", Clean(absl::StrJoin(plan.callbacks(), ", ")), "\n");
  }
  int number = 0;
  for (const PlanStep& step : plan.steps()) {
    absl::StrAppend(&out, "\n");
    AppendStep(step, ++number, color, out);
  }
  if (plan.truncated()) {
    absl::StrAppend(&out, "\nToo long for one answer: not all statements and findings of the ",
                    plan.step_count(), " scripts are shown. A smaller --target shows them.\n");
  }
  return absl::StrCat(out, "\nLint: ", CountsText(plan.lint_counts()), ".\n");
}

std::string FindingText(const LintFinding& finding, absl::string_view script, bool color) {
  std::string out = absl::StrCat(
      Clean(script.empty() ? absl::string_view(finding.script()) : script), ":", finding.line(),
      ":", finding.column(), ": ",
      Painted(SeverityWord(finding.severity()), SeverityPaint(finding.severity()), color), ": ",
      Clean(finding.message()), " [", Clean(finding.rule()), "]\n");
  if (!finding.fix().empty()) absl::StrAppend(&out, "    fix: ", Clean(finding.fix()), "\n");
  return out;
}

std::string CountsText(const LintCounts& counts) {
  return absl::StrCat(Counted(counts.errors(), "error"), ", ",
                      Counted(counts.warnings(), "warning"), ", ", Counted(counts.notes(), "note"));
}

std::string DriftText(const Drift& drift, bool color) {
  std::string out;
  for (const SchemaChange& change : drift.changes()) {
    absl::StrAppend(&out, out.empty() ? "" : "\n", std::string(1, MarkOf(change.action())), " ",
                    Painted(absl::StrCat(Clean(change.object_kind()), " ", Clean(change.object())),
                            kBold, color),
                    "\n--- ", CaptureName(drift), "\n+++ now\n");
    for (const absl::string_view line :
         absl::StrSplit(UnifiedDiff(change.captured_definition(), change.current_definition()),
                        '\n', absl::SkipEmpty())) {
      const char* paint = line[0] == '+' ? kGreen : line[0] == '-' ? kRed : kCyan;
      absl::StrAppend(&out, line[0] == ' ' ? Clean(line) : Painted(Clean(line), paint, color),
                      "\n");
    }
  }
  if (drift.change_count() > drift.changes_size()) {
    absl::StrAppend(&out, "\n… and ", drift.change_count() - drift.changes_size(), " more\n");
  }
  return out;
}

}  // namespace storefront::cli
