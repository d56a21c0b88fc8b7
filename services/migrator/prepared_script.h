// A script ready to be sent: placeholders replaced, split, judged.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/placeholders.h"
#include "services/migrator/script_set.h"
#include "services/migrator/script_source.h"
#include "services/migrator/script_splitter.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

struct PreparedStatement {
  SplitStatement place;  // in the replaced text
  int line = 1;          // in the file
  StatementFacts facts;
};

struct PreparedScript {
  Script script;                          // its checksum is that of exactly this text
  std::shared_ptr<const ScriptText> raw;  // as in the file; shown texts come from here
  ReplacedText replaced;
  std::vector<PreparedStatement> statements;
  bool transactional = true;  // false: every statement runs by itself
  bool copies_data = false;   // some statement is COPY FROM STDIN

  absl::string_view Text(const PreparedStatement& statement) const {
    return replaced.text().substr(statement.place.offset, statement.place.length);
  }
  // Of COPY; walk through it, it can be large.
  absl::string_view Data(const PreparedStatement& statement) const {
    return replaced.text().substr(statement.place.data_offset, statement.place.data_length);
  }
  // Line and column in the file of a character of the replaced statement, from 1; 0 = its begin.
  TextPosition PositionIn(const PreparedStatement& statement, int character) const;
};

// True when the whole script runs in one transaction. All statements that refuse one, or a
// statement that begins or ends one by itself, or a configuration that says so: false.
// FAILED_PRECONDITION MIXED_SCRIPT when some need a transaction and others refuse it, with the
// lines of the first of each; with `allow_mixed` such a script runs outside one.
// INVALID_SCRIPT_CONFIG when the configuration wants a transaction and a statement refuses it.
absl::StatusOr<bool> DecideTransactional(const std::vector<PreparedStatement>& statements,
                                         const ScriptConfig& config = {}, bool allow_mixed = false);

// Errors are FAILED_PRECONDITION and begin with "path:line:column": MISSING_PLACEHOLDER,
// UNSAFE_PLACEHOLDER, INVALID_SCRIPT (cannot be split; PREPARE TRANSACTION, DISCARD ALL,
// pg_advisory_unlock_all, binary COPY, COPY TO STDOUT), MIXED_SCRIPT, INVALID_SCRIPT_CONFIG;
// RESOURCE_EXHAUSTED LIMIT_EXCEEDED.
absl::StatusOr<PreparedScript> PrepareScript(const Script& script, const SourceText& text,
                                             const Placeholders& placeholders,
                                             const std::map<std::string, std::string>& built_in,
                                             StatementParser& parser, size_t max_statements,
                                             bool allow_mixed = false);

}  // namespace storefront::migrator
