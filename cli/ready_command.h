// storefrontctl ready and probe: is a change seen on Kafka?
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/command.h"
#include "cli/session.h"
#include "cli/view.h"

namespace storefront::cli {

Command ReadyCommand();
Command ProbeCommand();

// The connector that is meant: --connector, or the only one that a template describes. The error
// says what there is.
absl::StatusOr<std::string> MeantConnector(Session& session, absl::Duration timeout);

// Writes a marker row and waits for its event. The answer of VerifyPipeline.
absl::StatusOr<Document> ProbePipeline(Session& session, const std::string& connector,
                                       absl::Duration timeout);

// "ready in 11.2 s: change event seen 46 ms after its commit", and where everything is.
std::string Banner(const config::Settings& settings, absl::Duration took,
                   absl::Duration event_latency);

// A duration of JSON ("0.046s"); zero for what is none.
absl::Duration DurationOf(const std::string& text);

}  // namespace storefront::cli
