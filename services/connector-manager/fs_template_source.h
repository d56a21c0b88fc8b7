// Templates and `.env` files on disk; the state folder's key.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/connector-manager/template_source.h"

namespace storefront::connectors {

struct FsTemplateOptions {
  std::string folder;                  // holds `<id>.template.json`
  std::vector<std::string> env_files;  // in order
  int64_t templates_max = 200;
  int64_t bytes_max = 1 << 20;  // of one file
  Environment environment;      // of the process
};

std::unique_ptr<TemplateSource> MakeFsTemplateSource(FsTemplateOptions options);

// The state folder, held by one process at a time.
class StateFolder {
 public:
  // Makes the folder (0700) if needed and locks it. FAILED_PRECONDITION INVALID_SETTING when
  // another process holds it or it cannot be used.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(const std::string& path);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  // 32 random bytes that stay the same over restarts.
  absl::StatusOr<std::string> Key();

 private:
  StateFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  const std::string path_;
  const int lock_;
};

}  // namespace storefront::connectors
