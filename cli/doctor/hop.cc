// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/hop.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::cli {
namespace {

std::string LogPath(const Finding& finding, const std::string& folder) {
  return finding.log.empty() ? "" : absl::StrCat(folder, "/", finding.log, ".log");
}

}  // namespace

absl::string_view VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kNotChecked:
      return "not checked";
  }
  return "";
}

const HopReport* FirstBroken(const std::vector<HopReport>& reports) {
  for (const HopReport& report : reports) {
    if (report.finding.verdict == Verdict::kFail) return &report;
  }
  return nullptr;
}

Document DoctorDocument(const std::vector<HopReport>& reports, const std::string& logs_folder) {
  const HopReport* broken = FirstBroken(reports);
  Document hops = Document::array();
  for (const HopReport& report : reports) {
    hops.push_back({{"hop", report.hop},
                    {"verdict", std::string(VerdictWord(report.finding.verdict))},
                    {"what", report.finding.what},
                    {"fix", report.finding.fix},
                    {"log", LogPath(report.finding, logs_folder)}});
  }
  return {{"name", broken == nullptr ? "" : broken->hop},
          {"healthy", broken == nullptr},
          {"hops", std::move(hops)}};
}

std::string DoctorSentence(const std::vector<HopReport>& reports, const std::string& logs_folder) {
  const HopReport* broken = FirstBroken(reports);
  if (broken == nullptr) return "everything is as it should be";
  const Finding& finding = broken->finding;
  std::string text = absl::StrCat("broken at: ", broken->hop, ": ", finding.what);
  if (!absl::EndsWith(text, ".")) absl::StrAppend(&text, ".");
  if (!finding.fix.empty()) absl::StrAppend(&text, " Try: ", finding.fix);
  if (!finding.log.empty()) absl::StrAppend(&text, "\nlog: ", LogPath(finding, logs_folder));
  return text;
}

}  // namespace storefront::cli
