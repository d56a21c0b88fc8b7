// Where migration files come from.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

struct SourceFile {
  std::string location;  // as in the setting
  std::string path;      // below the location, with `/`: "dir1/V1.1__x.sql"
  auto operator<=>(const SourceFile&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const SourceFile& file) {
    return H::combine(std::move(state), file.location, file.path);
  }

  std::string Name() const { return path.substr(path.rfind('/') + 1); }
};

struct SourceListing {
  std::vector<SourceFile> files;
  // Two lists with the same number: between them no file came, went or changed. Nothing when that
  // cannot be told, as of a file that changed a moment ago and might have again.
  std::optional<uint64_t> version;
};

struct SourceText {
  std::shared_ptr<const ScriptText> text;  // valid UTF-8
  int32_t checksum = 0;                    // ScriptChecksum of exactly this text
};

// Thread-safety: all methods.
// Errors of a file, FAILED_PRECONDITION: UNSAFE_FILE when it is no regular file below its location
// or cannot be read (never waits on a FIFO), INVALID_ENCODING with the byte offset;
// RESOURCE_EXHAUSTED LIMIT_EXCEEDED when it is too large, with metadata `setting`; DISK_FULL when a
// large text cannot be kept beside its file.
class ScriptSource {
 public:
  virtual ~ScriptSource() = default;

  // Every `.sql` and `.sql.conf` below the locations, hidden files too, folders that start with a
  // dot left out; by location, then path. FAILED_PRECONDITION LOCATION_NOT_FOUND for a location
  // that is no folder, RESOURCE_EXHAUSTED LIMIT_EXCEEDED when there are too many or they are too
  // large together.
  virtual absl::StatusOr<SourceListing> List() = 0;

  // The text as it is now. Later changes of the file do not touch what was returned.
  virtual absl::StatusOr<SourceText> Read(const SourceFile& file) = 0;

  // The checksum alone, of the file as the last List saw it or newer; a file that had not changed
  // then is not read again.
  virtual absl::StatusOr<int32_t> Checksum(const SourceFile& file) = 0;
};

}  // namespace storefront::migrator
