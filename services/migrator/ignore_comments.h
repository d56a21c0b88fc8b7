// `-- squawk-ignore` comments: which findings a script's author has looked at already.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "services/migrator/lint_rules.h"
#include "services/migrator/prepared_script.h"

namespace storefront::migrator {

// `squawk-ignore rule[, rule]` counts for findings on its own line and the next one, and, when it
// stands right above a statement (only comments between) or behind it on its last line, for the
// whole statement. `squawk-ignore-file` counts for the file: for the rules that it names, or all.
// Behind a second `--` a reason may stand. Names that are no rule are passed over.
class IgnoreComments {
 public:
  explicit IgnoreComments(const PreparedScript& script);

  // `statement` from 0, `line` in the file.
  bool Covers(LintRule rule, size_t statement, int line) const;

 private:
  struct Comment {
    std::set<LintRule> rules;
    int line = 0;        // of its last line
    int statement = -1;  // that it belongs to as a whole; -1 for none
  };

  void Read(const PreparedScript& script, size_t from, size_t to, int above, int behind,
            size_t behind_end);

  bool whole_file_ = false;
  std::set<LintRule> file_rules_;
  std::vector<Comment> comments_;
};

}  // namespace storefront::migrator
