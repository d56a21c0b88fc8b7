// References to Connect's config providers, `${file:/path:key}`, found as Connect itself finds
// them.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::connectors {

struct ProviderReference {
  size_t begin = 0;  // in the value
  size_t end = 0;
  std::string provider;
  std::string path;  // "" for `${provider:key}`
  std::string key;
};

// All that Connect would expand in this value, by position. The pattern is Connect's own.
std::vector<ProviderReference> FindProviderReferences(absl::string_view value);

// The value is one reference and nothing else.
bool IsWholeProviderReference(absl::string_view value);

// Empty when the reference is allowed: provider `file`, an absolute path without `.` and `..` that
// is one of `secret_paths` or below one, and a key. Otherwise what is wrong.
std::string WhyReferenceRefused(const ProviderReference& reference,
                                const std::vector<std::string>& secret_paths);

}  // namespace storefront::connectors
