// Digests of rows that do not depend on their order: the sum of a 128-bit hash of each row.
//
// A row is hashed as binary COPY writes it (field count, then length and bytes per field), so that
// one digest serves what was sent and what is stored.
// Source: XXH3-128 of libxxhash, seed 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::seeder {

// Thread-safety: a value.
class DigestSum {
 public:
  DigestSum() = default;

  void Add(absl::string_view row);
  void Merge(const DigestSum& other);

  // 32 lower-case digits.
  std::string Hex() const;
  // As numeric in the ledger: 0 to 2^128 - 1.
  std::string Decimal() const;
  // 16 bytes, high half first.
  std::string Bytes() const;
  static std::optional<DigestSum> FromDecimal(absl::string_view text);

  bool operator==(const DigestSum&) const = default;

 private:
  uint64_t low_ = 0, high_ = 0;
};

}  // namespace storefront::seeder
