// The names that occur in a statement, without knowing what they name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// Words as Postgres folds them, and quoted names as they are; keywords among them. Strings, bodies
// in dollar quotes and comments are left out.
std::set<std::string> NamesIn(absl::string_view statement);

}  // namespace storefront::migrator
