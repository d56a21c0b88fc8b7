// UTF-8 as the history table and Flyway need it: validity, and lengths in UTF-16 units.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// Byte offset of the first sequence that is no UTF-8 (overlong forms and surrogates included).
// Nothing when all of it is valid.
std::optional<size_t> FindInvalidUtf8(absl::string_view text);

// The same text in UTF-16 units, the measure of Java strings. The text must be valid.
std::u16string ToUtf16(absl::string_view text);
std::string FromUtf16(const std::u16string& units);

// Characters (code points) of valid UTF-8.
size_t CountCharacters(absl::string_view text);

// Byte offset of the character with this index, from 0; the text's size when it has fewer.
size_t OffsetOfCharacter(absl::string_view text, size_t index);

// At most so many characters; "…" ends what was cut.
std::string Shortened(std::string text, size_t characters_max);

}  // namespace storefront::migrator
