// TemplateSource in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/status/error.h"
#include "services/connector-manager/template_source.h"

namespace storefront::connectors {

// Thread-safety: none; set it up before use.
class FakeTemplateSource final : public TemplateSource {
 public:
  absl::StatusOr<std::vector<TemplateFile>> Templates() override {
    std::vector<TemplateFile> files;
    for (const auto& [id, content] : templates) files.push_back({id, content});
    return files;
  }
  absl::StatusOr<TemplateFile> Template(const std::string& id) override {
    const auto found = templates.find(id);
    if (found == templates.end()) {
      return status::Error({.code = absl::StatusCode::kNotFound,
                            .reason = status::Reason::kResourceNotFound,
                            .message = "no such template"});
    }
    return TemplateFile{id, found->second};
  }
  std::vector<DotenvFile> EnvFiles() override { return env_files; }
  Environment ProcessEnvironment() override { return environment; }

  std::map<std::string, std::string> templates;
  std::vector<DotenvFile> env_files;
  Environment environment;
};

}  // namespace storefront::connectors
