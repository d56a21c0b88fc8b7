// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/topic_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace storefront::topics {

std::string TopicNameProblem(absl::string_view name) {
  if (name.empty()) return "a topic name cannot be empty";
  if (name == "." || name == "..") return "`.` and `..` cannot be topic names";
  if (name.size() > kMaxTopicNameLength) {
    return absl::StrCat("a topic name has at most ", kMaxTopicNameLength, " characters, this has ",
                        name.size());
  }
  const auto bad = std::find_if(name.begin(), name.end(), [](char c) {
    return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-';
  });
  if (bad != name.end()) return "a topic name consists of letters, digits, `.`, `_` and `-`";
  return "";
}

std::string MetricName(absl::string_view name) { return absl::StrReplaceAll(name, {{".", "_"}}); }

}  // namespace storefront::topics
