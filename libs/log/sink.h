// Where log lines go: one JSON object per line on stderr, or text on a terminal.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/log/log_entry.h"
#include "absl/strings/string_view.h"

namespace storefront::log {

// First byte of what Event writes; no text of a person starts with it.
inline constexpr char kEventMarker = '\x1e';

enum class Format { kJson, kText };

// Sends every LOG line of this process to stderr in this format, with `service` in each, from this
// severity on ("debug" turns VLOG(1) on). Call once, first thing in main. A full or closed stderr
// drops lines and never blocks or ends the process (G13).
void Install(absl::string_view service, Format format, absl::string_view level);

// kText when stderr is a terminal, else kJson.
Format FormatForStderr();

// The line for an entry, without newline.
std::string FormatLine(const absl::LogEntry& entry, absl::string_view service, Format format);

}  // namespace storefront::log
