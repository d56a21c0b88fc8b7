// Runs as JSON, for the columns of the side tables that nobody searches by.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/catalog_diff.h"
#include "services/migrator/run.h"

namespace storefront::migrator {

// Everything of the run but its steps and what has a column of its own: id, state, sequence, times.
std::string RunJson(const Run& run);
std::string StepsJson(const std::vector<RunStep>& steps);
// Everything of the event but sequence, time, type and script.
std::string EventJson(const RunEvent& event);
std::string ObjectsJson(const Catalog& objects);

// The way back. DATA_LOSS CORRUPT_HISTORY for text that we did not write; what an older version did
// not write keeps its default.
absl::Status ParseRun(const std::string& text, Run& run);
absl::StatusOr<std::vector<RunStep>> ParseSteps(const std::string& text);
absl::Status ParseEvent(const std::string& text, RunEvent& event);
absl::StatusOr<Catalog> ParseObjects(const std::string& text);

}  // namespace storefront::migrator
