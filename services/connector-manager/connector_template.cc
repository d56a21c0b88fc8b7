// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/connector_template.h"

#include <re2/re2.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/connector-manager/interpolation.h"

namespace storefront::connectors {
namespace {

bool FullMatch(absl::string_view text, const re2::RE2& pattern) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

class TemplateParser {
 public:
  explicit TemplateParser(absl::string_view id) { parsed_.id = std::string(id); }

  ConnectorTemplate Run(absl::string_view content) && {
    JsonReading reading = ReadStrictJson(content, kTemplateDepthMax);
    parsed_.name = {.key = "name", .key_position = {}, .value = {}};
    parsed_.name.value.kind = JsonNode::Kind::kString;
    parsed_.name.value.text = parsed_.id;
    parsed_.name.value.text_positions.resize(parsed_.id.size());
    for (const JsonFault& fault : reading.faults) Fail(fault.position, "", fault.message);
    if (reading.faults.empty()) Root(reading.root);
    return std::move(parsed_);
  }

 private:
  void Fail(JsonPosition where, absl::string_view key, absl::string_view message) {
    parsed_.findings.push_back({.severity = Severity::kError,
                                .rule = "TEMPLATE_SYNTAX",
                                .message = std::string(message),
                                .key = std::string(key),
                                .source = parsed_.id,
                                .line = where.line,
                                .column = where.column});
  }

  void Root(JsonNode& root) {
    if (root.kind != JsonNode::Kind::kObject) {
      Fail(root.position, "", "a template is a JSON object");
      return;
    }
    JsonNode* config = nullptr;
    for (auto& [key, value] : root.members) {
      if (key.text == "config" && value.kind == JsonNode::Kind::kObject) config = &value;
    }
    if (config == nullptr) {
      for (auto& [key, value] : root.members) Entry(key, value);
      return;
    }
    for (auto& [key, value] : root.members) {
      if (key.text == "name") {
        Entry(key, value);
      } else if (key.text != "config") {
        Fail(key.position, key.text, "only `name` and `config` may stand beside each other here");
      }
    }
    for (auto& [key, value] : config->members) {
      if (key.text == "name") {
        Fail(key.position, key.text, "the name belongs beside `config`, not into it");
      } else {
        Entry(key, value);
      }
    }
  }

  void Entry(JsonNode& key, JsonNode& value) {
    switch (value.kind) {
      case JsonNode::Kind::kNull:
      case JsonNode::Kind::kArray:
      case JsonNode::Kind::kObject:
        Fail(value.position, key.text, "a config value is a string, a number or a boolean");
        return;
      case JsonNode::Kind::kString:
      case JsonNode::Kind::kNumber:
      case JsonNode::Kind::kBoolean:
        break;
    }
    if (key.text.empty()) {
      Fail(key.position, "", "a config key is empty");
    } else if (key.text == "name" && value.kind != JsonNode::Kind::kString) {
      Fail(value.position, "name", "the name is a string");
    } else if (key.text == "name") {
      parsed_.name = {key.text, key.position, std::move(value)};
    } else {
      parsed_.entries.push_back({key.text, key.position, std::move(value)});
    }
  }

  ConnectorTemplate parsed_;
};

}  // namespace

bool IsTemplateId(absl::string_view id) {
  static const re2::RE2* const kPattern = new re2::RE2("[a-z0-9][a-z0-9._-]{0,62}");
  return FullMatch(id, *kPattern);
}

bool IsConnectorName(absl::string_view name) {
  static const re2::RE2* const kPattern = new re2::RE2("[A-Za-z0-9][A-Za-z0-9._-]{0,248}");
  return FullMatch(name, *kPattern);
}

ConnectorTemplate ParseConnectorTemplate(absl::string_view id, absl::string_view content) {
  return TemplateParser(id).Run(content);
}

std::set<std::string> MentionedVariables(const ConnectorTemplate& parsed) {
  std::set<std::string> all;
  const auto add = [&all](const TemplateEntry& entry) {
    if (entry.value.kind != JsonNode::Kind::kString) return;
    all.merge(Interpolate(entry.value.text, Dialect::kTemplate, [](absl::string_view) {
                return std::optional<std::string>("");
              }).variables);
  };
  add(parsed.name);
  for (const TemplateEntry& entry : parsed.entries) add(entry);
  return all;
}

}  // namespace storefront::connectors
