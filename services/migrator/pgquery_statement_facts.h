// Facts of a statement from libpg_query's JSON tree.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator::pgquery {

// Fills `relations` and `detail`. `type` and `node` are the tree's statement, `text` is what was
// parsed. Throws json::exception on a tree of another shape than this version's.
void ReadStatement(const std::string& type, const nlohmann::json& node, absl::string_view text,
                   StatementFacts& facts);

}  // namespace storefront::migrator::pgquery
