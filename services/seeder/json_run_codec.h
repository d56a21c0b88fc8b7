// Parameters of runs as JSON, for the ledger's columns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "services/seeder/seed_run.h"

namespace storefront::seeder {

// Everything of the run that has no column of its own.
std::string ParametersJson(const SeedRun& run);
std::string RowsJson(const std::map<Table, int64_t>& rows);
std::string ErrorJson(const absl::Status& error);  // "null" for OK

// Text that we wrote; throws what the JSON library throws on any other.
void ParseParameters(const std::string& text, SeedRun& run);
std::map<Table, int64_t> ParseRows(const std::string& text);
absl::Status ParseError(const std::string& text);

std::string RateChangeJson(const RateChange& change);
RateChange ParseRateChange(int64_t first_event, const std::string& text);

}  // namespace storefront::seeder
