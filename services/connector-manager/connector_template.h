// A connector template as it stands in its file, before any variable is put in.
//
// Two shapes: {"name": "…", "config": {…}} or a flat map of config keys with `name` among them.
// Without a name the connector is called like the template.
//
// Thread-safety: values and pure functions. Source: docs/howto/connector-templates.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/connector-manager/finding.h"
#include "services/connector-manager/strict_json.h"

namespace storefront::connectors {

inline constexpr int kTemplateDepthMax = 4;

// [a-z0-9][a-z0-9._-]{0,62}: what a template's id may be. It is part of a file name.
bool IsTemplateId(absl::string_view id);

// What a connector of ours may be called: [A-Za-z0-9][A-Za-z0-9._-]{0,248}.
bool IsConnectorName(absl::string_view name);

struct TemplateEntry {
  std::string key;
  JsonPosition key_position;
  JsonNode value;  // string, number or boolean
};

struct ConnectorTemplate {
  std::string id;
  TemplateEntry name;                  // a string value, perhaps with variables
  std::vector<TemplateEntry> entries;  // in file order; never `name`
  std::vector<Finding> findings;       // faults of the file; with one, it cannot be rendered
};

ConnectorTemplate ParseConnectorTemplate(absl::string_view id, absl::string_view content);

// All variables that the template mentions.
std::set<std::string> MentionedVariables(const ConnectorTemplate& parsed);

}  // namespace storefront::connectors
