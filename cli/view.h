// How an answer becomes a table: which list holds the rows, which paths are the columns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::cli {

// An answer. Order of keys is the order of the proto's fields.
using Document = nlohmann::ordered_json;

// How a value is shown in a table.
enum class Shown {
  kAsIs,
  kFlywayWord,  // OUT_OF_ORDER as "Out of Order": the words of Flyway's info
  kYesNo,
  kYesOnly,  // nothing for false
  kBytes,    // 1073741824 as "1.0 GiB"
};

struct Column {
  std::string heading;  // "STATE"
  std::string path;     // "progress.percent"; of the row
  bool wide = false;    // only with -o wide
  bool right = false;   // numbers are aligned to the right
  Shown shown = Shown::kAsIs;
};

struct View {
  // Key of the list whose items are the rows. Empty: the answer itself is one record, printed as
  // lines of "field  value".
  std::string rows = {};
  // Empty: the scalar fields of the first row.
  std::vector<Column> columns = {};
  // Printed for an empty list, on stderr: "no migrations".
  std::string empty = {};
  // Lines around the cells, as Flyway draws them.
  bool boxed = false;
  // Of a record: lists of it that are printed as tables after it, the first kRowsBelow rows.
  std::vector<View> below = {};
};

inline constexpr size_t kRowsBelow = 30;

// The view of a message by its proto name ("storefront.migrator.v1.ListMigrationsResponse").
// Without an entry: the first list of messages, else a record.
View ViewFor(absl::string_view message_name, const Document& answer);

// Names of the messages that have an entry; a test holds each against the descriptors.
std::vector<std::string> MessagesWithView();
const View& EntryFor(absl::string_view message_name);

// The value at a dotted path, "" where there is none. Enums, numbers and texts as they are; times
// shortened to seconds; lists joined with commas; objects as JSON.
std::string TextAt(const Document& row, absl::string_view path);
std::string TextOf(const Document& value);
std::string CellOf(const Document& row, const Column& column);

}  // namespace storefront::cli
