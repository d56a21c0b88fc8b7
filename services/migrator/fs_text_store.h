// Keeps texts of scripts: small ones in memory, large ones in unlinked files that are mapped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "services/migrator/script_text.h"

namespace storefront::migrator {

struct FsTextStoreOptions {
  std::string folder = "/tmp";  // of the unlinked files
  size_t spool_bytes = size_t{8} << 20;
  size_t max_text_bytes = size_t{256} << 20;
};

// A file that nobody can name cannot be changed or cut short by anybody, so a mapping of it is as
// good as memory and costs none that the system cannot take back. Nothing is left behind by a
// process that dies.
//
// Texts that are alive at the same time share kMemoryBytes of memory; what comes when it is used up
// goes to a file although it is small (but for the smallest: a mapping costs pages, too).
//
// Thread-safety: all methods. Lifetime: texts and writers may outlive it.
class FsTextStore {
 public:
  static constexpr size_t kMemoryBytes = size_t{24} << 20;
  static constexpr size_t kSmallestSpooled = size_t{64} << 10;

  struct Shared;

  explicit FsTextStore(FsTextStoreOptions options);

  // `expected_bytes` is a guess.
  std::unique_ptr<ScriptTextWriter> NewWriter(size_t expected_bytes) const;

  // Bytes of all living texts that are in memory.
  size_t bytes_in_memory() const;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace storefront::migrator
