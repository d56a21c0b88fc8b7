// Placeholders in hostile text: what is replaced is replaced once, every byte still knows its place
// in the file, and a mask leaves no secret.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/log/check.h"
#include "absl/strings/match.h"
#include "services/migrator/placeholders.h"
#include "services/migrator/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using storefront::migrator::ForEachPlaceholder;
  using storefront::migrator::Placeholders;
  using storefront::migrator::PlaceholderUse;
  using storefront::migrator::TextInMemory;
  static const Placeholders* const placeholders =
      new Placeholders(Placeholders::Make({.values = {{"a", "1"},
                                                      {"long", std::string(300, 'x')},
                                                      {"empty", ""},
                                                      {"nested", "${a}"},
                                                      {"quote", "it's; --"}},
                                           .secrets = {{"secret", "hunter2"}},
                                           .raw = {"nested"}})
                           .value());
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (storefront::migrator::FindInvalidUtf8(text)) return 0;
  const auto file = TextInMemory(text);
  size_t uses = 0;
  size_t last = 0;
  ForEachPlaceholder(*file, [&](const PlaceholderUse& use) {
    CHECK(uses == 0 || use.offset > last);
    CHECK_EQ(text.substr(use.offset, 2), "${");
    last = use.offset;
    ++uses;
  });
  const auto replaced = placeholders->Replace(file, {{"table", "history"}});
  if (!replaced.ok()) {
    CHECK_GT(uses, 0U);
    return 0;
  }
  if (uses == 0) CHECK_EQ(std::string(replaced->text()), text);
  size_t before = 0;
  for (size_t i = 0; i <= replaced->text().size(); ++i) {
    const size_t original = replaced->OriginalOffset(i);
    CHECK_GE(original, before);
    CHECK_LE(original, text.size());
    before = original;
  }
  CHECK_EQ(replaced->OriginalOffset(replaced->text().size()), text.size());
  CHECK(!absl::StrContains(placeholders->Mask(replaced->text()), "hunter2"));
  return 0;
}
