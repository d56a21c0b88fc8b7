// What is a secret in a connector's config, and how it is kept out of sight.
//
// Thread-safety: pure functions; Redactor is a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::connectors {

inline constexpr absl::string_view kMask = "***";

// A config: key to value, as Connect takes it.
using ConnectorConfig = std::map<std::string, std::string>;

// True for the name of a key or variable that holds a secret: password, secret, token, credential,
// jaas, sslkey, api key, in any case. `…_file` and `….path` style names are judged alike: rather
// too much is hidden than too little.
bool IsSecretName(absl::string_view name);

// What may be shown of the value of a key: `***` for a secret, except where the whole value is a
// reference to a config provider, which is no secret.
std::string ShownValue(absl::string_view key, absl::string_view value, bool fed_by_secret);

// A config with the values of secret keys masked.
ConnectorConfig Masked(const ConnectorConfig& config);

// Replaces known secret values in texts of others, longest first. Values shorter than 4 bytes are
// not searched for: they would tear every text apart.
class Redactor {
 public:
  void Add(absl::string_view secret);
  void AddSecretsOf(const ConnectorConfig& config);
  std::string Redact(absl::string_view text) const;

 private:
  std::set<std::string> secrets_;
};

}  // namespace storefront::connectors
