// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/secret_keys.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_replace.h"
#include "services/connector-manager/provider_reference.h"

namespace storefront::connectors {

bool IsSecretName(absl::string_view name) {
  static const re2::RE2* const kPattern =
      new re2::RE2("(?i)password|secret|token|credential|jaas|sslkey|api.?key");
  return re2::RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *kPattern);
}

std::string ShownValue(absl::string_view key, absl::string_view value, bool fed_by_secret) {
  // An empty secret is shown as it is: that it is empty is what a person must see.
  if (value.empty() || IsWholeProviderReference(value)) return std::string(value);
  return std::string(IsSecretName(key) || fed_by_secret ? kMask : value);
}

ConnectorConfig Masked(const ConnectorConfig& config) {
  ConnectorConfig masked;
  for (const auto& [key, value] : config) masked[key] = ShownValue(key, value, false);
  return masked;
}

void Redactor::Add(absl::string_view secret) {
  if (secret.size() >= 4) secrets_.emplace(secret);
}

void Redactor::AddSecretsOf(const ConnectorConfig& config) {
  for (const auto& [key, value] : config) {
    if (IsSecretName(key) && !IsWholeProviderReference(value)) Add(value);
  }
}

std::string Redactor::Redact(absl::string_view text) const {
  std::vector<std::string> longest_first(secrets_.begin(), secrets_.end());
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::string out(text);
  for (const std::string& secret : longest_first) {
    out = absl::StrReplaceAll(out, {{secret, kMask}});
  }
  return out;
}

}  // namespace storefront::connectors
