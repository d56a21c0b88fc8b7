// SPDX-License-Identifier: Apache-2.0
#include "libs/log/sink.h"

#include <unistd.h>

#include <csignal>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/log/event.h"

namespace storefront::log {
namespace {

absl::string_view LevelName(const absl::LogEntry& entry) {
  if (entry.verbosity() != absl::LogEntry::kNoVerbosityLevel && entry.verbosity() > 0) {
    return "debug";
  }
  switch (entry.log_severity()) {
    case absl::LogSeverity::kInfo:
      return "info";
    case absl::LogSeverity::kWarning:
      return "warning";
    case absl::LogSeverity::kError:
      return "error";
    case absl::LogSeverity::kFatal:
      return "fatal";
  }
  return "info";
}

class StderrSink final : public absl::LogSink {
 public:
  StderrSink(absl::string_view service, Format format) : service_(service), format_(format) {}

  void Send(const absl::LogEntry& entry) override {
    const std::string line = FormatLine(entry, service_, format_) + "\n";
    // One write per line keeps lines whole; what does not go out is lost on purpose.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  }

 private:
  const std::string service_;
  const Format format_;
};

}  // namespace

std::string FormatLine(const absl::LogEntry& entry, absl::string_view service, Format format) {
  const absl::string_view text = entry.text_message();
  const bool is_event = !text.empty() && text.front() == kEventMarker;
  std::string members;
  if (is_event) {
    members = std::string(text.substr(1));
  } else {
    members = "\"event\":\"message\",\"text\":";
    AppendJsonString(text, members);
  }
  const std::string ts =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", entry.timestamp(), absl::UTCTimeZone());
  if (format == Format::kText) {
    return absl::StrCat(ts.substr(11, 12), " ", absl::AsciiStrToUpper(LevelName(entry)), " ",
                        is_event ? members : std::string(text));
  }
  std::string line =
      absl::StrCat("{\"ts\":\"", ts, "\",\"level\":\"", LevelName(entry), "\",\"service\":");
  AppendJsonString(service, line);
  absl::StrAppend(&line, ",", members, "}");
  return line;
}

Format FormatForStderr() { return isatty(STDERR_FILENO) == 1 ? Format::kText : Format::kJson; }

void Install(absl::string_view service, Format format, absl::string_view level) {
  // A closed stderr must not end the process, nor a client that hangs up.
  std::signal(SIGPIPE, SIG_IGN);
  absl::InitializeLog();
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfinity);
  absl::SetMinLogLevel(level == "error"     ? absl::LogSeverityAtLeast::kError
                       : level == "warning" ? absl::LogSeverityAtLeast::kWarning
                                            : absl::LogSeverityAtLeast::kInfo);
  if (level == "debug") absl::SetGlobalVLogLevel(1);
  static StderrSink& sink = *new StderrSink(service, format);
  absl::AddLogSink(&sink);
}

}  // namespace storefront::log
