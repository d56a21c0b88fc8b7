// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/rendered_config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/connector-manager/digest.h"
#include "services/connector-manager/interpolation.h"
#include "services/connector-manager/provider_reference.h"

namespace storefront::connectors {
namespace {

// Keys without which Debezium's Postgres connector cannot start, and an empty value is a slip.
constexpr absl::string_view kRequiredKeys[] = {
    "connector.class", "database.hostname", "database.port",    "database.dbname",
    "database.user",   "topic.prefix",      "publication.name", "slot.name"};

bool IsAllowed(const std::vector<std::string>& allowlist, absl::string_view name) {
  if (allowlist.empty()) return true;
  return std::any_of(allowlist.begin(), allowlist.end(), [name](absl::string_view item) {
    return absl::EndsWith(item, "*") ? absl::StartsWith(name, item.substr(0, item.size() - 1))
                                     : name == item;
  });
}

class Renderer {
 public:
  Renderer(const ConnectorTemplate& parsed, const Variables& variables, const RenderRules& rules)
      : parsed_(parsed), variables_(variables), rules_(rules) {}

  RenderedConfig Run() && {
    rendered_.template_id = parsed_.id;
    rendered_.findings = parsed_.findings;
    if (HasErrors(rendered_.findings)) return std::move(rendered_);
    std::set<std::string> unused;
    if (const auto name = Value(parsed_.name, unused)) Name(*name);
    for (const TemplateEntry& entry : parsed_.entries) {
      KeyOrigin origin{.line = entry.key_position.line, .column = entry.key_position.column};
      const auto value = Value(entry, origin.variables);
      if (!value) continue;
      origin.secret = IsSecretName(entry.key) ||
                      std::any_of(origin.variables.begin(), origin.variables.end(), IsSecretName);
      WarnIfEmpty(entry, *value, origin.secret);
      rendered_.config[entry.key] = *value;
      rendered_.origins[entry.key] = std::move(origin);
    }
    if (!HasErrors(rendered_.findings)) rendered_.revision = Revision();
    return std::move(rendered_);
  }

 private:
  void Report(Severity severity, absl::string_view rule, const TemplateEntry& entry,
              JsonPosition where, absl::string_view message, absl::string_view variable = {}) {
    rendered_.findings.push_back({.severity = severity,
                                  .rule = std::string(rule),
                                  .message = std::string(message),
                                  .key = entry.key,
                                  .source = parsed_.id,
                                  .line = where.line,
                                  .column = where.column,
                                  .variable = std::string(variable)});
  }

  void Name(const std::string& name) {
    if (IsConnectorName(name)) {
      rendered_.connector = name;
      return;
    }
    Report(Severity::kError, "CONNECTOR_NAME", parsed_.name, parsed_.name.value.position,
           "a connector name has letters, digits, `.`, `_` and `-`, begins with a letter or digit "
           "and is at most 249 long");
  }

  std::optional<std::string> Value(const TemplateEntry& entry, std::set<std::string>& variables) {
    if (entry.value.kind != JsonNode::Kind::kString) return entry.value.text;
    const std::string& raw = entry.value.text;
    std::vector<InterpolationProblem> refused;
    Interpolated result = Interpolate(
        raw, Dialect::kTemplate, [&](absl::string_view name) -> std::optional<std::string> {
          if (IsAllowed(rules_.env_allowlist, name)) return variables_.Find(name);
          refused.push_back(
              {0, "VARIABLE_REFUSED",
               absl::StrCat("variable ", name, " is not in the setting env_allowlist"),
               std::string(name)});
          return std::string();
        });
    variables = result.variables;
    std::vector<InterpolationProblem>& problems = result.errors;
    problems.insert(problems.end(), refused.begin(), refused.end());
    for (const InterpolationProblem& problem : problems) {
      Report(Severity::kError, problem.rule, entry, PositionOf(entry, problem.offset),
             problem.message, problem.variable);
    }
    if (!problems.empty()) return std::nullopt;
    if (result.text.find('\0') != std::string::npos || !IsValidUtf8(result.text)) {
      Report(Severity::kError, "VALUE_BYTES", entry, entry.value.position,
             "the value has a NUL or bytes that are not UTF-8");
      return std::nullopt;
    }
    return CheckReferences(entry, result) ? std::optional(std::move(result.text)) : std::nullopt;
  }

  static JsonPosition PositionOf(const TemplateEntry& entry, size_t offset) {
    const auto& positions = entry.value.text_positions;
    return offset < positions.size() ? positions[offset] : entry.value.position;
  }

  // What Connect would expand must be what the template wrote as a reference, no more.
  bool CheckReferences(const TemplateEntry& entry, const Interpolated& result) {
    bool good = true;
    size_t meant = 0;
    for (const ProviderReference& found : FindProviderReferences(result.text)) {
      const ReferenceSpan span{found.begin, found.end};
      const bool is_meant = std::find(result.references.begin(), result.references.end(), span) !=
                            result.references.end();
      meant += is_meant ? 1 : 0;
      const std::string why =
          is_meant ? WhyReferenceRefused(found, rules_.secret_paths)
                   : "the rendered value looks like a provider reference (`${…:…}`); Connect would "
                     "expand it";
      if (why.empty()) continue;
      Report(Severity::kError, is_meant ? "REFERENCE_REFUSED" : "REFERENCE_INSERTED", entry,
             entry.value.position, why);
      good = false;
    }
    if (good && meant != result.references.size()) {
      Report(Severity::kError, "REFERENCE_REFUSED", entry, entry.value.position,
             "Connect would read this provider reference differently; simplify the value");
      good = false;
    }
    return good;
  }

  void WarnIfEmpty(const TemplateEntry& entry, const std::string& value, bool secret) {
    if (!value.empty()) return;
    const bool required = std::find(std::begin(kRequiredKeys), std::end(kRequiredKeys),
                                    entry.key) != std::end(kRequiredKeys);
    if (secret || required) {
      Report(Severity::kWarning, "VALUE_EMPTY", entry, entry.value.position,
             absl::StrCat("the value of ", entry.key, " is empty"));
    }
  }

  std::string Revision() const {
    ConnectorConfig digested = rendered_.config;
    for (auto& [key, value] : digested) {
      if (rendered_.origins.at(key).secret) value = KeyedDigest(rules_.revision_key, value);
    }
    digested["name"] = rendered_.connector;
    return DigestOf(digested);
  }

  const ConnectorTemplate& parsed_;
  const Variables& variables_;
  const RenderRules& rules_;
  RenderedConfig rendered_;
};

}  // namespace

RenderedConfig Render(const ConnectorTemplate& parsed, const Variables& variables,
                      const RenderRules& rules) {
  return Renderer(parsed, variables, rules).Run();
}

ConnectorConfig Shown(const RenderedConfig& rendered) {
  ConnectorConfig shown;
  for (const auto& [key, value] : rendered.config) {
    shown[key] = ShownValue(key, value, rendered.origins.at(key).secret);
  }
  return shown;
}

}  // namespace storefront::connectors
