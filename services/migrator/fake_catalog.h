// What stands in the schemas of a fake database: tables, and indexes that a failure left invalid.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/migrator/clean_plan.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/repair_plan.h"

namespace storefront::migrator {

// Knows `create table NAME …` and `create index concurrently NAME on TABLE …`, in lower case.
class FakeCatalog {
 public:
  // A script that was committed.
  void Run(const PreparedScript& script) {
    for (const PreparedStatement& statement : script.statements) {
      const std::vector<std::string> words = WordsOf(script.Text(statement));
      if (words.size() > 2 && words[0] == "create" && words[1] == "table") AddTable(words[2]);
    }
  }
  // A statement that failed outside a transaction.
  void Fail(absl::string_view statement) {
    const std::vector<std::string> words = WordsOf(statement);
    if (words.size() > 5 && words[1] == "index" && words[2] == "concurrently") {
      invalid_indexes.push_back({.schema = "public", .name = words[3], .table = words[5]});
    }
  }
  void AddTable(const std::string& name) {
    objects.push_back({.schema = "public",
                       .kind = "table",
                       .identity = absl::StrCat("public.", name),
                       .catalog = 1259,
                       .oid = ++last_oid_});
  }
  void Drop(const std::vector<InvalidIndex>& dropped) {
    for (const InvalidIndex& index : dropped) std::erase(invalid_indexes, index);
  }
  void Clear() {
    objects.clear();
    invalid_indexes.clear();
  }

  std::vector<SchemaObject> objects;
  std::vector<InvalidIndex> invalid_indexes;
  std::vector<std::string> outside;  // of other schemas, on these

 private:
  static std::vector<std::string> WordsOf(absl::string_view text) {
    return absl::StrSplit(text, absl::ByAnyChar(" (\n"), absl::SkipEmpty());
  }
  uint32_t last_oid_ = 16384;
};

}  // namespace storefront::migrator
