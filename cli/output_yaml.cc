// SPDX-License-Identifier: Apache-2.0
#include "cli/output_yaml.h"

#include <re2/re2.h>

#include "absl/strings/str_cat.h"

namespace storefront::cli {
namespace {

// Words and paths that no YAML 1.1 or 1.2 reader takes for another type.
bool IsPlain(const std::string& text) {
  static const auto& plain = *new RE2("[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*");
  static const auto& special = *new RE2("(?i)true|false|yes|no|on|off|null|y|n|nan|inf|-+");
  return RE2::FullMatch(text, plain) && !RE2::FullMatch(text, special);
}

std::string Scalar(const Document& value) {
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  return value.dump(-1, ' ', false, Document::error_handler_t::replace);
}

void Write(const Document& value, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      absl::StrAppend(&out, margin, Scalar(Document(key)), ":");
      if (item.is_structured() && !item.empty()) {
        absl::StrAppend(&out, "\n");
        Write(item, indent + 2, out);
      } else {
        absl::StrAppend(&out, " ", Scalar(item), "\n");
      }
    }
    return;
  }
  for (const Document& item : value) {
    if (item.is_structured() && !item.empty()) {
      std::string block;
      Write(item, indent + 2, block);
      // The first line of the item stands behind the dash.
      block.replace(indent, 2, "- ");
      out += block;
    } else {
      absl::StrAppend(&out, margin, "- ", Scalar(item), "\n");
    }
  }
}

}  // namespace

std::string RenderYaml(const Document& answer) {
  if (!answer.is_structured() || answer.empty()) return absl::StrCat(Scalar(answer), "\n");
  std::string out;
  Write(answer, 0, out);
  return out;
}

}  // namespace storefront::cli
