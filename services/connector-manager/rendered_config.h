// A template with its variables put in: exactly the template's keys, one string each.
//
// Thread-safety: values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/connector-manager/connector_template.h"
#include "services/connector-manager/dotenv.h"
#include "services/connector-manager/finding.h"
#include "services/connector-manager/secret_keys.h"

namespace storefront::connectors {

struct RenderRules {
  // Variables that templates may use; an item may end in `*`. Empty = all.
  std::vector<std::string> env_allowlist;
  // Files and folders that `${file:…}` may name.
  std::vector<std::string> secret_paths;
  // Key of the digests of secrets in a revision.
  std::string revision_key;
};

struct KeyOrigin {
  std::set<std::string> variables;
  bool secret = false;  // by its own name or by that of a variable
  int line = 0;
  int column = 0;
};

struct RenderedConfig {
  std::string template_id;
  std::string connector;  // empty when the name did not render
  ConnectorConfig config;
  std::map<std::string, KeyOrigin> origins;  // the same keys as `config`
  std::vector<Finding> findings;             // errors block the connector
  std::string revision;                      // hex; empty with errors
};

// All faults at once. `config` has only the keys that rendered.
RenderedConfig Render(const ConnectorTemplate& parsed, const Variables& variables,
                      const RenderRules& rules);

// What may be shown of a rendered config.
ConnectorConfig Shown(const RenderedConfig& rendered);

}  // namespace storefront::connectors
