// What judges scripts before a run: the findings, and the port that makes them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace storefront::migrator {

struct PreparedScript;

enum class LintSeverity { kNote, kWarning, kError };

// What findings do to a run.
enum class LintPolicy {
  kOff,   // nothing is judged
  kWarn,  // findings are events of the run
  kStop,  // an error stops the run before it starts
};

// Something in a script that deserves a look.
struct LintFinding {
  std::string rule;  // "require-concurrent-index-creation"
  LintSeverity severity = LintSeverity::kNote;
  std::string migration;  // id, "V3"; empty for a text that is no migration
  std::string script;     // path
  int statement = 0;      // from 1
  int line = 0;           // in the file, from 1
  int column = 0;         // in characters, from 1
  std::string relation;   // "public.orders"; empty where it is about none
  std::string message;    // what is wrong; no secret: shown texts are unreplaced
  std::string fix;        // what to write instead
  bool operator==(const LintFinding&) const = default;
};

// Scripts in the order in which they would run.
struct ScriptsToJudge {
  std::vector<const PreparedScript*> scripts;
  bool one_transaction = false;  // all of them together, as `group` runs them
};

// Thread-safety: all methods.
class ScriptJudge {
 public:
  virtual ~ScriptJudge() = default;

  // Findings by script, then place. May read the live catalog, so UNAVAILABLE BACKEND_UNAVAILABLE.
  virtual absl::StatusOr<std::vector<LintFinding>> Judge(const ScriptsToJudge& scripts) = 0;
};

}  // namespace storefront::migrator
