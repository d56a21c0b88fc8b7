// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/row_digest.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace storefront::seeder {

void DigestSum::Add(absl::string_view row) {
  const XXH128_hash_t hash = XXH3_128bits(row.data(), row.size());
  const uint64_t before = low_;
  low_ += hash.low64;
  high_ += hash.high64 + (low_ < before ? 1 : 0);
}

void DigestSum::Merge(const DigestSum& other) {
  const uint64_t before = low_;
  low_ += other.low_;
  high_ += other.high_ + (low_ < before ? 1 : 0);
}

std::string DigestSum::Hex() const { return absl::StrFormat("%016x%016x", high_, low_); }

std::string DigestSum::Decimal() const { return absl::StrCat(absl::MakeUint128(high_, low_)); }

std::string DigestSum::Bytes() const {
  std::string bytes;
  for (const uint64_t half : {high_, low_}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>((half >> shift) & 0xff));
    }
  }
  return bytes;
}

std::optional<DigestSum> DigestSum::FromDecimal(absl::string_view text) {
  absl::uint128 value = 0;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  DigestSum sum;
  sum.low_ = absl::Uint128Low64(value);
  sum.high_ = absl::Uint128High64(value);
  return sum;
}

}  // namespace storefront::seeder
