// A remark about a template, its variables, a config or a server.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace storefront::connectors {

enum class Severity { kInfo, kWarning, kError };

struct Finding {
  Severity severity = Severity::kError;
  std::string rule;  // stable name: "VARIABLE_UNSET"
  std::string message;
  std::string key = {};       // config key
  std::string source = {};    // template id, or name of an .env file
  int line = 0;               // from 1; 0 = none
  int column = 0;             // in bytes, from 1; 0 = none
  std::string variable = {};  // variable concerned
  bool operator==(const Finding&) const = default;
};

inline bool HasErrors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.severity == Severity::kError; });
}

}  // namespace storefront::connectors
