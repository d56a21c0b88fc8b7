// Where templates and variables come from; read anew at each plan.
//
// Thread-safety: all methods.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/connector-manager/dotenv.h"

namespace storefront::connectors {

struct TemplateFile {
  std::string id;
  std::string content;
};

class TemplateSource {
 public:
  virtual ~TemplateSource() = default;

  // All templates by id. FAILED_PRECONDITION INVALID_SETTING when the folder cannot be read;
  // RESOURCE_EXHAUSTED LIMIT_EXCEEDED for too many or too large ones. What is no regular file of a
  // good name below the folder is not a template: links are not followed.
  virtual absl::StatusOr<std::vector<TemplateFile>> Templates() = 0;

  // One template. NOT_FOUND RESOURCE_NOT_FOUND; INVALID_ARGUMENT for what is no id: no file is
  // touched then.
  virtual absl::StatusOr<TemplateFile> Template(const std::string& id) = 0;

  // The `.env` files that are set, in order, and the process's environment.
  virtual std::vector<DotenvFile> EnvFiles() = 0;
  virtual Environment ProcessEnvironment() = 0;
};

}  // namespace storefront::connectors
