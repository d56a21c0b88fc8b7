// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"
#include "cli/output_yaml.h"

namespace storefront::cli {
namespace {

const Document* RowsOf(const Document& answer, const View& view) {
  if (view.rows.empty()) return answer.is_array() ? &answer : nullptr;
  const auto rows = answer.find(view.rows);
  return rows == answer.end() ? nullptr : &*rows;
}

// The name of a resource, wherever our answers have it.
std::string NameOf(const Document& item) {
  if (item.is_string()) return item.get<std::string>();
  if (!item.is_object()) return "";
  for (const char* key : {"name", "migration", "connector", "topic", "id"}) {
    if (const auto found = item.find(key); found != item.end() && found->is_string()) {
      return found->get<std::string>();
    }
  }
  // An outcome holds the step that it is about.
  if (const auto step = item.find("step"); step != item.end()) return NameOf(*step);
  return "";
}

absl::StatusOr<std::string> RenderNames(const Document& answer, const View& view) {
  std::string out;
  if (const Document* rows = RowsOf(answer, view)) {
    for (const Document& row : *rows) {
      if (const std::string name = NameOf(row); !name.empty()) absl::StrAppend(&out, name, "\n");
    }
    if (rows->empty() || !out.empty()) return out;
  } else if (const std::string name = NameOf(answer); !name.empty()) {
    return absl::StrCat(name, "\n");
  }
  return UsageError("The answer has no resource name; use another output than -o name.");
}

}  // namespace

std::string JsonLine(const Document& value) {
  return value.dump(-1, ' ', false, Document::error_handler_t::replace);
}

absl::StatusOr<std::string> Render(const Document& answer, const View& view, Format format,
                                   const TableStyle& style) {
  switch (format) {
    case Format::kTable:
    case Format::kWide:
      return RenderTable(answer, view, {.wide = format == Format::kWide, .color = style.color});
    case Format::kJson:
      return absl::StrCat(answer.dump(2, ' ', false, Document::error_handler_t::replace), "\n");
    case Format::kJsonLines: {
      const Document* rows = RowsOf(answer, view);
      if (rows == nullptr) return absl::StrCat(JsonLine(answer), "\n");
      std::string out;
      for (const Document& row : *rows) absl::StrAppend(&out, JsonLine(row), "\n");
      return out;
    }
    case Format::kYaml:
      return RenderYaml(answer);
    case Format::kName:
      return RenderNames(answer, view);
  }
  return UsageError("unknown output");
}

}  // namespace storefront::cli
