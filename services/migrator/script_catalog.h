// The scripts of the locations with their checksums, and each ready to run on demand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/migrator/callbacks.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/placeholders.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/script_set.h"
#include "services/migrator/script_source.h"
#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

struct CatalogOptions {
  bool validate_naming = true;
  size_t max_statements = 100'000;
  std::string default_schema = "public";
  std::string history_table = "flyway_schema_history";
  std::string working_directory;
};

// Thread-safety: all methods. Lifetime: the references outlive it.
class ScriptCatalog {
 public:
  ScriptCatalog(ScriptSource& source, StatementParser& parser, const Placeholders& placeholders,
                clock::Clock& clock, CatalogOptions options);

  // Every script with its checksum. What is wrong with single files is a finding of the set; an
  // error means that the locations cannot be listed.
  absl::StatusOr<ScriptSet> Load(const ServerFacts& facts);

  // The same in two steps, for who asks the server meanwhile. A list serves one Load.
  absl::StatusOr<SourceListing> List() { return source_.List(); }
  ScriptSet Load(const std::vector<SourceFile>& files, const ServerFacts& facts);

  // Reads the script once more and makes it ready: what runs is exactly what this returns, whatever
  // happens to the file later (M11). With `allow_mixed` no script is refused as MIXED_SCRIPT.
  absl::StatusOr<PreparedScript> Prepare(const Script& script, const ServerFacts& facts,
                                         bool allow_mixed = false);

  // The callbacks of the set whose event is wanted, made ready; what is wrong with one is added to
  // `findings`.
  Callbacks PrepareCallbacks(const ScriptSet& set, const ServerFacts& facts,
                             absl::FunctionRef<bool(CallbackEvent)> is_wanted,
                             std::vector<Finding>& findings);

  // LikelyChecksumCause of the file as it is now.
  std::string ExplainChecksum(const Script& script, const ServerFacts& facts, int32_t recorded);

  // Of the text before placeholders are replaced.
  absl::StatusOr<int32_t> RawChecksum(const Script& script) {
    return source_.Checksum(script.file);
  }

  // A text that is no file of the locations, made ready in the same way.
  absl::StatusOr<PreparedScript> PrepareText(const Script& script, absl::string_view text,
                                             const ServerFacts& facts);

  const Placeholders& placeholders() const { return placeholders_; }

 private:
  std::map<std::string, std::string> BuiltIn(const Script& script, const ServerFacts& facts) const;
  // The files beside the scripts; what is wrong with one is a finding of the set.
  void ReadConfigs(ScriptSet& set);
  // Sets `depends_on_time` if it does.
  absl::StatusOr<int32_t> RepeatableChecksum(const Script& script, const ServerFacts& facts,
                                             bool& depends_on_time);

  ScriptSource& source_;
  StatementParser& parser_;
  const Placeholders& placeholders_;
  clock::Clock& clock_;
  const CatalogOptions options_;
};

}  // namespace storefront::migrator
