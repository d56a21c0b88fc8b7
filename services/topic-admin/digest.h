// SHA-256 over a sequence of parts, as short hex.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::topics {

// Parts are length-prefixed: ("ab", "c") and ("a", "bc") differ.
class Digest {
 public:
  Digest& Add(absl::string_view part);
  Digest& Add(int64_t number);
  std::string Hex() const;  // 32 characters

 private:
  std::string bytes_;
};

// Digest of bytes as they are: an etag.
std::string DigestOf(absl::string_view bytes);

}  // namespace storefront::topics
