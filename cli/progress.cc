// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/output_table.h"

namespace storefront::cli {
namespace {

std::optional<double> NumberAt(const Document& object, absl::string_view key) {
  const auto found = object.find(std::string(key));
  if (found == object.end()) return std::nullopt;
  if (found->is_number()) return found->get<double>();
  double number = 0;
  if (found->is_string() && absl::SimpleAtod(found->get<std::string>(), &number)) return number;
  return std::nullopt;
}

std::string Rounded(double number) {
  return number < 10 ? absl::StrFormat("%.1f", number) : absl::StrFormat("%.0f", number);
}

// "chunksDone" with "chunksPlanned" or "chunksTotal".
bool FromCounters(const Document& progress, RunProgress& out) {
  for (const auto& [key, value] : progress.items()) {
    if (!absl::EndsWith(key, "Done")) continue;
    const std::string what = key.substr(0, key.size() - 4);
    for (const char* whole : {"Planned", "Total"}) {
      const auto total = NumberAt(progress, what + whole);
      const auto done = NumberAt(progress, key);
      if (!total || !done || *total <= 0) continue;
      out.percent = 100 * *done / *total;
      out.detail = absl::StrFormat("%.0f of %.0f %s", *done, *total, what);
      return true;
    }
  }
  return false;
}

}  // namespace

RunProgress ProgressOf(const Document& run) {
  RunProgress out{.name = TextAt(run, "name"), .state = TextAt(run, "state")};
  const auto progress = run.find("progress");
  if (progress != run.end() && progress->is_object()) {
    FromCounters(*progress, out);
    if (const auto percent = NumberAt(*progress, "percent"); percent && *percent > 0) {
      out.percent = percent;
    }
    if (const auto events = NumberAt(*progress, "eventsDone"); events && *events > 0) {
      out.detail = absl::StrFormat("%.0f events", *events);
    }
    if (const auto rows = NumberAt(*progress, "rowsPerSecond"); rows && *rows > 0) {
      out.rate = absl::StrCat(Rounded(*rows), " rows/s");
    }
    absl::Duration eta;
    if (absl::ParseDuration(TextAt(*progress, "eta"), &eta) && eta > absl::ZeroDuration()) {
      out.eta = absl::FormatDuration(absl::Ceil(eta, absl::Seconds(1)));
    }
  }
  if (const std::string holder = TextAt(run, "lockHolder.pid"); !holder.empty()) {
    out.phase = absl::StrCat("the lock is held by pid ", holder, " (",
                             TextAt(run, "lockHolder.applicationName"), ")");
  } else if (const std::string script = TextAt(run, "progress.currentScript"); !script.empty()) {
    out.phase = script;
    const auto done = NumberAt(run["progress"], "statementsDone");
    const auto total = NumberAt(run["progress"], "statementsTotal");
    if (done && total && *total > 1) {
      absl::StrAppend(&out.phase, absl::StrFormat(" (%.0f of %.0f statements)", *done, *total));
    }
  }
  const auto summary = run.find("summary");
  if (summary != run.end() && summary->is_object()) {
    const auto done = NumberAt(*summary, "applied"), all = NumberAt(*summary, "changes");
    if (done && all && *all > 0) {
      out.percent = 100 * *done / *all;
      out.detail = absl::StrFormat("%.0f of %.0f steps", *done, *all);
    }
  }
  if (out.percent) out.percent = std::clamp(*out.percent, 0.0, 100.0);
  return out;
}

std::string EventLine(const Document& event) {
  const std::string type = TextAt(event, "type");
  std::string text = TextAt(event, "message");
  if (type == "retry") {
    text = absl::StrCat(text, " after ", TextAt(event, "sqlstate"), ", in ",
                        TextAt(event, "duration"));
  }
  bool wanted = false;
  for (const char* known :
       {"lock_waiting", "blocked", "retry", "reconnecting", "notice", "locks", "lint"}) {
    wanted |= type == known;
  }
  if (!wanted || text.empty()) return "";
  std::string place = TextAt(event, "script");
  const std::string line = TextAt(event, "line");
  if (!place.empty() && !line.empty() && line != "0") absl::StrAppend(&place, ":", line);
  std::string out = absl::StrCat(place, place.empty() ? "" : ": ", type, ": ", text);
  // Texts of scripts and servers must not drive the terminal.
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

std::string PhaseOf(const Document& event, const std::string& before) {
  const std::string type = TextAt(event, "type");
  if (type != "statement_progress") {
    const bool ends = absl::StartsWith(type, "statement_") || absl::StartsWith(type, "migration_");
    return ends ? "" : before;
  }
  std::string out = absl::StrCat(TextAt(event, "script"), ": ", TextAt(event, "phase"));
  const auto done = NumberAt(event, "phaseDone"), total = NumberAt(event, "phaseTotal");
  if (done && total && *total > 0) {
    absl::StrAppend(&out, absl::StrFormat(" %.0f %%", 100 * *done / *total));
  }
  return out;
}

std::string ProgressBar(const RunProgress& progress, int columns) {
  std::string tail;
  if (progress.percent) absl::StrAppend(&tail, absl::StrFormat("  %3.0f %%", *progress.percent));
  for (const std::string& part : {progress.detail, progress.rate}) {
    if (!part.empty()) absl::StrAppend(&tail, "  ", part);
  }
  if (!progress.eta.empty()) absl::StrAppend(&tail, "  ", progress.eta, " left");
  if (!progress.phase.empty()) absl::StrAppend(&tail, "  ", progress.phase);
  const std::string head = absl::StrCat(progress.name, "  ", progress.state);
  const int room = columns - static_cast<int>(DisplayWidth(head) + DisplayWidth(tail)) - 5;
  std::string bar;
  if (progress.percent && room >= 5) {
    const int width = std::min(room, 40);
    const int full = static_cast<int>(std::lround(*progress.percent / 100 * width));
    bar = absl::StrCat("  [", std::string(static_cast<size_t>(full), '#'),
                       std::string(static_cast<size_t>(width - full), '-'), "]");
  }
  std::string line = absl::StrCat(head, bar, tail);
  if (DisplayWidth(line) > static_cast<size_t>(std::max(columns - 1, 1))) {
    line.resize(static_cast<size_t>(std::max(columns - 1, 1)));
    // Not half of a character.
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) {
      line.pop_back();
    }
    if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) line.pop_back();
  }
  return line;
}

std::string ProgressLine(const RunProgress& progress) {
  std::string line = absl::StrCat(progress.name, ": ", progress.state);
  if (progress.percent) absl::StrAppend(&line, absl::StrFormat(", %.0f %%", *progress.percent));
  for (const std::string& part : {progress.detail, progress.rate}) {
    if (!part.empty()) absl::StrAppend(&line, ", ", part);
  }
  if (!progress.eta.empty()) absl::StrAppend(&line, ", ", progress.eta, " left");
  if (!progress.phase.empty()) absl::StrAppend(&line, ", ", progress.phase);
  return line;
}

void ProgressDisplay::Show(const RunProgress& progress) {
  const bool on_terminal = session_.terminal().err_is_terminal;
  const clock::SteadyTime now = session_.clock().Steady();
  const absl::Duration pause = on_terminal ? absl::Milliseconds(100) : absl::Seconds(10);
  const bool changed = progress.state != last_state_;
  if (!changed && last_ && now - *last_ < pause) return;
  last_ = now;
  last_state_ = progress.state;
  if (!on_terminal) {
    session_.Note(ProgressLine(progress));
    return;
  }
  session_.terminal().err << "\r\x1b[K" << ProgressBar(progress, session_.terminal().columns)
                          << std::flush;
  drawn_ = true;
}

void ProgressDisplay::Clear() {
  if (drawn_) session_.terminal().err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace storefront::cli
