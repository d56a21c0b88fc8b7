// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/provider_reference.h"

#include <re2/re2.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace storefront::connectors {
namespace {

// DEFAULT_PATTERN of org.apache.kafka.common.config.ConfigTransformer.
const re2::RE2& Pattern() {
  static const re2::RE2* const kPattern =
      new re2::RE2(R"((?s)\$\{([^}]*?):(([^}]*?):)?([^}]*?)\})");
  return *kPattern;
}

bool IsNormalAbsolutePath(absl::string_view path) {
  if (!absl::StartsWith(path, "/")) return false;
  for (absl::string_view part : absl::StrSplit(path.substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

std::vector<ProviderReference> FindProviderReferences(absl::string_view value) {
  std::vector<ProviderReference> found;
  const re2::StringPiece text(value.data(), value.size());
  re2::StringPiece groups[5];
  size_t from = 0;
  while (from < value.size() &&
         Pattern().Match(text, from, value.size(), re2::RE2::UNANCHORED, groups, 5)) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    found.push_back({.begin = begin,
                     .end = begin + groups[0].size(),
                     .provider = std::string(groups[1]),
                     .path = std::string(groups[3]),
                     .key = std::string(groups[4])});
    from = begin + groups[0].size();
  }
  return found;
}

bool IsWholeProviderReference(absl::string_view value) {
  if (!absl::StartsWith(value, "${")) return false;
  const auto found = FindProviderReferences(value);
  return found.size() == 1 && found[0].begin == 0 && found[0].end == value.size();
}

std::string WhyReferenceRefused(const ProviderReference& reference,
                                const std::vector<std::string>& secret_paths) {
  if (reference.provider != "file") {
    return absl::StrCat("config provider \"", reference.provider,
                        "\" is not allowed; only \"file\" is");
  }
  if (!IsNormalAbsolutePath(reference.path)) {
    return "the file of a provider reference must be an absolute path without . and ..";
  }
  if (reference.key.empty()) return "a provider reference needs a key after the path";
  for (absl::string_view allowed : secret_paths) {
    allowed = absl::StripSuffix(allowed, "/");
    if (reference.path == allowed ||
        (absl::StartsWith(reference.path, allowed) && reference.path[allowed.size()] == '/')) {
      return "";
    }
  }
  return "the file of the provider reference is not below the setting secret_paths; Connect would "
         "answer as if the password were wrong";
}

}  // namespace storefront::connectors
