// A hop of the pipeline, and what the doctor found out about it. Pure values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/view.h"

namespace storefront::cli {

enum class Verdict { kOk, kWarn, kFail, kNotChecked };

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string what;      // what was seen: "nothing listens at 127.0.0.1:9092"
  std::string fix = {};  // a command or an action
  std::string log = {};  // process whose log to read: "kafka"
};

struct HopReport {
  std::string hop;  // "connector"
  Finding finding;
};

inline Finding Ok(std::string what) { return {Verdict::kOk, std::move(what)}; }
inline Finding Warn(std::string what, std::string fix = "") {
  return {Verdict::kWarn, std::move(what), std::move(fix)};
}
inline Finding Fail(std::string what, std::string fix, std::string log = "") {
  return {Verdict::kFail, std::move(what), std::move(fix), std::move(log)};
}
inline Finding NotChecked(std::string why) { return {Verdict::kNotChecked, std::move(why)}; }

// "ok", "warn", "FAIL", "not checked".
absl::string_view VerdictWord(Verdict verdict);

// The first that fails; null when none does.
const HopReport* FirstBroken(const std::vector<HopReport>& reports);

// {"name": first broken hop or "", "healthy": bool, "hops": [{hop, verdict, what, fix, log}]}.
Document DoctorDocument(const std::vector<HopReport>& reports, const std::string& logs_folder);

// "broken at: kafka: nothing listens at …. Try: make up. Log: .storefront/logs/kafka.log", or
// "everything is as it should be".
std::string DoctorSentence(const std::vector<HopReport>& reports, const std::string& logs_folder);

}  // namespace storefront::cli
