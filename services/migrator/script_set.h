// The scripts of all locations, in order, with everything that is wrong about them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/status/reason.h"
#include "services/migrator/script_config.h"
#include "services/migrator/script_name.h"
#include "services/migrator/script_source.h"

namespace storefront::migrator {

struct Script {
  ScriptName name;
  SourceFile file;
  // Of V and B: raw; of R: after placeholders. Unset where it could not be computed.
  std::optional<int32_t> checksum;
  std::optional<SourceFile> config_file = {};  // `….sql.conf` beside it
  ScriptConfig config = {};                    // as that file says, once it was read
};

// One thing that is wrong with files or history.
struct Finding {
  std::string code;       // "CHECKSUM_MISMATCH"
  std::string migration;  // id, "V3"; empty for a file that is none
  std::string script;     // path
  std::string message;
  bool operator==(const Finding&) const = default;
};

struct ScriptSet {
  std::vector<Script> versioned;    // ascending
  std::vector<Script> baselines;    // ascending
  std::vector<Script> repeatables;  // by description in UTF-16 code units: `B view` before `a view`
  std::vector<Script> undos;        // ascending
  std::vector<Script> callbacks;    // of the events that are run; by event, then description
  // What stops every run: INVALID_NAME, DUPLICATE_… and what was added later.
  std::vector<Finding> findings;
  // What stops none: CALLBACK_NOT_SUPPORTED for Flyway's other events, INVALID_NAME with
  // validate_naming off, INVALID_SCRIPT_CONFIG for a configuration without its script.
  std::vector<Finding> warnings;

  // A repeatable has ${flyway:timestamp}: its checksum is another one each second.
  bool depends_on_time = false;

  bool HasUndo(const Version& version) const;
};

struct ScriptSetOptions {
  bool validate_naming = true;  // off: wrong names are skipped instead of refused
};

// Pure. Checksums are unset.
ScriptSet MakeScriptSet(const std::vector<SourceFile>& files, const ScriptSetOptions& options);

// FAILED_PRECONDITION with all findings as violations; the reason is that of the first when it is
// one of ours, else VALIDATION_FAILED. OK without findings.
absl::Status FindingsToStatus(const std::vector<Finding>& findings);

// A finding from an error about one file.
Finding FindingOf(const absl::Status& error, absl::string_view migration, absl::string_view script);

}  // namespace storefront::migrator
