// File names from hostile text: no crash, limits hold, and a name that is put together again from
// what was read says the same.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/migrator/script_name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using storefront::migrator::MigrationId;
  using storefront::migrator::ParseScriptName;
  using storefront::migrator::ScriptKind;
  const std::string file(reinterpret_cast<const char*>(data), size);
  const auto name = ParseScriptName(file);
  if (!name.ok()) {
    CHECK(!name.status().message().empty());
    return 0;
  }
  CHECK(storefront::migrator::IsScriptFile(file));
  const bool has_version = name->kind == ScriptKind::kVersioned ||
                           name->kind == ScriptKind::kBaseline || name->kind == ScriptKind::kUndo;
  CHECK_EQ(name->version.has_value(), has_version);
  CHECK_EQ(name->event.empty(), name->kind != ScriptKind::kCallback);
  if (!has_version) return 0;
  CHECK(!name->version->text().empty());
  CHECK_LE(name->version->text().size(), 50U);
  CHECK(name->description.find('_') == std::string::npos);
  const char prefix = name->kind == ScriptKind::kVersioned  ? 'V'
                      : name->kind == ScriptKind::kBaseline ? 'B'
                                                            : 'U';
  const std::string again =
      absl::StrCat(std::string(1, prefix), name->version->text(), "__",
                   absl::StrReplaceAll(name->description, {{" ", "_"}}), ".sql");
  const auto read = ParseScriptName(again);
  CHECK(read.ok()) << again << ": " << read.status();
  CHECK_EQ(MigrationId(*read), MigrationId(*name));
  CHECK_EQ(read->version->text(), name->version->text());
  CHECK_EQ(read->description, name->description);
  return 0;
}
