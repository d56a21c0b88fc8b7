// Migration files in folders.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/hash/hash.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/migrator/fs_text_store.h"
#include "services/migrator/script_source.h"

namespace storefront::migrator {

struct FsScriptSourceOptions {
  std::vector<std::string> locations;  // folders; Flyway's prefix "filesystem:" is taken off
  size_t max_files = 20'000;
  int64_t max_script_bytes = int64_t{256} << 20;
  int64_t max_total_bytes = int64_t{1} << 30;  // of all files
  size_t spool_bytes = size_t{8} << 20;        // larger texts are kept in files, not in memory
  std::string spool_folder = "/tmp";
};

// Tells whether a file is the one that was read before.
struct FileIdentity {
  uint64_t device = 0, inode = 0;
  int64_t size = 0, modified_ns = 0, changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct ListedFile {
  SourceFile file;
  FileIdentity identity;  // empty of what is no regular file
  bool operator==(const ListedFile&) const = default;
};

// Files are opened below their location only (openat2, RESOLVE_BENEATH): links may lead elsewhere
// in it, as those of a Kubernetes volume do, but not out of it. Checksums are kept by the file's
// identity (device, inode, size, times), which List looks at.
class FsScriptSource final : public ScriptSource {
 public:
  FsScriptSource(FsScriptSourceOptions options, clock::Clock& clock);

  absl::StatusOr<SourceListing> List() override;
  absl::StatusOr<SourceText> Read(const SourceFile& file) override;
  absl::StatusOr<int32_t> Checksum(const SourceFile& file) override;

 private:
  struct Known {
    FileIdentity identity;
    int32_t checksum = 0;
  };
  // Reads the file once, from begin to end: what is checked and counted is what goes into `writer`,
  // which may be made, or not be wanted.
  absl::StatusOr<int32_t> ReadOnce(const SourceFile& file, FileIdentity& identity,
                                   std::unique_ptr<ScriptTextWriter>* writer);
  // A file that was read is another one than was listed: the list's version comes to an end, since
  // what was made of it may be of either, and the next List looks at everything that is known.
  void CheckListed(const SourceFile& file, const FileIdentity& identity);

  const FsScriptSourceOptions options_;
  clock::Clock& clock_;
  const FsTextStore store_;
  sync::Mutex mutex_;
  std::vector<ListedFile> listed_ ABSL_GUARDED_BY(mutex_);  // by location, then path
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;            // of listed_
  std::unordered_map<SourceFile, Known, absl::Hash<SourceFile>> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storefront::migrator
