// SPDX-License-Identifier: Apache-2.0
#include "cli/output_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace storefront::cli {
namespace {

constexpr char kRed[] = "\x1b[31m";
constexpr char kGreen[] = "\x1b[32m";
constexpr char kYellow[] = "\x1b[33m";
constexpr char kReset[] = "\x1b[0m";

// Words that states are made of; anything else stays without colour.
const char* ColorOf(absl::string_view text) {
  for (const char* bad : {"FAIL", "FAILED", "NEEDS_RESET", "BLOCKED", "INCONSISTENT", "ERROR",
                          "NOT_SERVING", "unreachable", "Failed", "Missing", "lost"}) {
    if (text == bad) return kRed;
  }
  for (const char* good : {"ok", "SUCCEEDED", "APPLIED", "STREAMING", "SERVING", "HEALTHY",
                           "CONSISTENT", "Success", "RUNNING", "UNCHANGED"}) {
    if (text == good) return kGreen;
  }
  for (const char* middle : {"warn", "PENDING", "PAUSED", "STOPPED", "DEGRADED", "INTERRUPTED",
                             "CANCELLED", "PARTIAL", "Pending", "SNAPSHOTTING"}) {
    if (text == middle) return kYellow;
  }
  return nullptr;
}

std::string Clean(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t') {
      out.push_back(' ');
    } else {
      out.push_back(byte < 0x20 || byte == 0x7f ? '?' : c);
    }
  }
  return out;
}

std::string Painted(const std::string& text, bool color) {
  const char* paint = color ? ColorOf(text) : nullptr;
  return paint == nullptr ? text : absl::StrCat(paint, text, kReset);
}

std::string Padding(size_t wanted, size_t have) {
  return have < wanted ? std::string(wanted - have, ' ') : std::string();
}

// "rowsPerSecond" as "ROWS PER SECOND".
std::string HeadingOf(absl::string_view key) {
  std::string out;
  for (const char c : key) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) out.push_back(' ');
    out.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<Column> ColumnsOfFirst(const Document& rows) {
  std::vector<Column> columns;
  if (rows.empty() || !rows.front().is_object()) return {{"VALUE", ""}};
  for (const auto& [key, value] : rows.front().items()) {
    if (value.is_structured()) continue;
    columns.push_back({.heading = HeadingOf(key), .path = key, .right = value.is_number()});
  }
  return columns;
}

using Cells = std::vector<std::vector<std::string>>;

std::string Boxed(const std::vector<Column>& columns, const Cells& cells,
                  const std::vector<size_t>& widths, const TableStyle& style) {
  std::string rule = "+";
  for (const size_t width : widths) absl::StrAppend(&rule, std::string(width + 2, '-'), "+");
  absl::StrAppend(&rule, "\n");
  std::string out = absl::StrCat(rule, "|");
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(&out, " ", columns[i].heading,
                    Padding(widths[i], DisplayWidth(columns[i].heading)), " |");
  }
  absl::StrAppend(&out, "\n", rule);
  for (const auto& line : cells) {
    absl::StrAppend(&out, "|");
    for (size_t i = 0; i < line.size(); ++i) {
      absl::StrAppend(&out, " ", Painted(line[i], style.color),
                      Padding(widths[i], DisplayWidth(line[i])), " |");
    }
    absl::StrAppend(&out, "\n");
  }
  return absl::StrCat(out, rule);
}

std::string RenderRows(const Document& rows, const View& view, const TableStyle& style) {
  if (rows.empty()) return "";
  std::vector<Column> columns;
  for (const Column& column : view.columns.empty() ? ColumnsOfFirst(rows) : view.columns) {
    if (style.wide || !column.wide) columns.push_back(column);
  }
  Cells cells;
  std::vector<size_t> widths;
  for (const Column& column : columns) widths.push_back(DisplayWidth(column.heading));
  for (const Document& row : rows) {
    std::vector<std::string> line;
    for (size_t i = 0; i < columns.size(); ++i) {
      line.push_back(Clean(CellOf(row, columns[i])));
      if (line.back().empty() && !view.boxed) line.back() = "-";
      widths[i] = std::max(widths[i], DisplayWidth(line.back()));
    }
    cells.push_back(std::move(line));
  }
  if (view.boxed) return Boxed(columns, cells, widths, style);
  std::string out;
  const auto add_line = [&](const std::vector<std::string>& line, bool color) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string padding = Padding(widths[i], DisplayWidth(line[i]));
      const std::string shown = Painted(line[i], color);
      const bool last = i + 1 == line.size();
      absl::StrAppend(&text, columns[i].right ? padding : "", shown,
                      columns[i].right || last ? "" : padding, last ? "" : "  ");
    }
    absl::StrAppend(&out, text, "\n");
  };
  std::vector<std::string> headings;
  for (const Column& column : columns) headings.push_back(column.heading);
  add_line(headings, false);
  for (const auto& line : cells) add_line(line, style.color);
  return out;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

bool IsListOfObjects(const Document& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

// Scalars of nested messages get a dotted name; lists of messages become tables of their own.
void Flatten(const Document& value, const std::string& prefix, Lines& lines,
             std::vector<std::pair<std::string, const Document*>>& lists) {
  for (const auto& [key, item] : value.items()) {
    const std::string path = prefix.empty() ? key : absl::StrCat(prefix, ".", key);
    if (item.is_object()) {
      Flatten(item, path, lines, lists);
    } else if (IsListOfObjects(item)) {
      lists.emplace_back(path, &item);
    } else if (std::string text = TextOf(item); !text.empty()) {
      lines.emplace_back(path, std::move(text));
    }
  }
}

std::string RenderRecord(const Document& record, const View& view, const TableStyle& style) {
  Lines lines;
  std::vector<std::pair<std::string, const Document*>> lists;
  if (view.columns.empty() || style.wide) {
    Flatten(record, "", lines, lists);
  } else {
    for (const Column& column : view.columns) {
      if (std::string text = CellOf(record, column); !text.empty()) {
        lines.emplace_back(column.heading, std::move(text));
      }
    }
  }
  size_t width = 0;
  for (const auto& [name, text] : lines) width = std::max(width, DisplayWidth(name));
  std::string out;
  for (const auto& [name, text] : lines) {
    const std::string clean = Clean(text);
    absl::StrAppend(&out, name, Padding(width, DisplayWidth(name)), "  ",
                    Painted(clean, style.color), "\n");
  }
  for (const auto& [name, list] : lists) {
    absl::StrAppend(&out, "\n", name, ":\n", RenderRows(*list, View{}, style));
  }
  for (const View& below : view.below) {
    if (style.wide) break;  // Flatten has listed everything
    const auto list = record.find(below.rows);
    if (list == record.end() || list->empty()) continue;
    Document shown = *list;
    if (shown.size() > kRowsBelow) shown.erase(shown.begin() + kRowsBelow, shown.end());
    absl::StrAppend(&out, "\n", RenderRows(shown, below, style));
    if (list->size() > kRowsBelow) {
      absl::StrAppend(&out, "… and ", list->size() - kRowsBelow, " more; -o wide shows all\n");
    }
  }
  return out;
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string RenderTable(const Document& answer, const View& view, const TableStyle& style) {
  if (view.rows.empty()) {
    if (answer.is_array()) return RenderRows(answer, view, style);
    if (answer.is_object()) return RenderRecord(answer, view, style);
    return absl::StrCat(Clean(TextOf(answer)), "\n");
  }
  const auto rows = answer.find(view.rows);
  return rows == answer.end() ? "" : RenderRows(*rows, view, style);
}

}  // namespace storefront::cli
