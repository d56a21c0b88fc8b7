// SPDX-License-Identifier: Apache-2.0
#include "cli/rest_path.h"

#include <re2/re2.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "google/api/annotations.pb.h"

namespace storefront::cli {

RestPath RestPathOf(const google::protobuf::MethodDescriptor& method) {
  const google::api::HttpRule& rule = method.options().GetExtension(google::api::http);
  RestPath path;
  std::string pattern;
  if (!rule.get().empty()) {
    path.verb = "GET";
    pattern = rule.get();
  } else if (!rule.post().empty()) {
    path.verb = "POST";
    pattern = rule.post();
  } else if (!rule.patch().empty()) {
    path.verb = "PATCH";
    pattern = rule.patch();
  } else if (!rule.delete_().empty()) {
    path.verb = "DELETE";
    pattern = rule.delete_();
  }
  // /v1/{field=collection/*}/sub:custom, /v1/collection:custom
  static const auto& shape =
      *new RE2(R"(/v1/(?:\{([a-z_.]+)=([^}]+)\})?/?([A-Za-z/]*)(?::([A-Za-z]+))?)");
  std::string name, rest;
  if (!RE2::FullMatch(pattern, shape, &path.field, &name, &rest, &path.custom)) return path;
  path.has_id = absl::EndsWith(name, "*");
  if (!name.empty() && !path.has_id) path.fixed = name;
  const std::string whole = rest.empty() ? name : rest;
  path.collection = std::vector<std::string>(absl::StrSplit(whole, '/'))[0];
  if (!rest.empty() && absl::StrContains(rest, '/')) path.fixed = rest;
  return path;
}

std::string KebabOfCamel(const std::string& camel) {
  std::string out;
  for (const char c : camel) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) out.push_back('-');
    out.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<std::string> CommandWords(const google::protobuf::MethodDescriptor& method) {
  const RestPath path = RestPathOf(method);
  std::string verb = "get";
  if (!path.custom.empty()) {
    verb = KebabOfCamel(path.custom);
  } else if (!path.fixed.empty()) {
    verb = KebabOfCamel(path.fixed.substr(path.fixed.rfind('/') + 1));
  } else if (path.verb == "POST") {
    verb = "create";
  } else if (path.verb == "PATCH") {
    verb = "update";
  } else if (path.verb == "DELETE") {
    verb = "delete";
  } else if (absl::StartsWith(method.name(), "List")) {
    verb = "list";
  }
  return {KebabOfCamel(path.collection), verb};
}

}  // namespace storefront::cli
