// Unique values from ids, without a set of used ones: a bijection of the id, whatever the seed, so
// that runs with different seeds never collide.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "services/seeder/counter_rng.h"

namespace storefront::seeder {

inline constexpr uint64_t kPermutationSize = uint64_t{1} << 34;

// Four Feistel rounds over two halves of 17 bits. Bijective on [0, 2^34).
constexpr uint64_t Permute34(uint64_t id) {
  constexpr uint64_t kHalf = (uint64_t{1} << 17) - 1;
  uint64_t left = (id >> 17) & kHalf;
  uint64_t right = id & kHalf;
  for (uint64_t round = 1; round <= 4; ++round) {
    const uint64_t next = left ^ (Mix64(right + round * 0xa0761d6478bd642fULL) & kHalf);
    left = right;
    right = next;
  }
  return (left << 17) | right;
}

// Seven characters that no other id has; of an alphabet without i, l, o and u.
inline void AppendUniqueCode(uint64_t id, std::string& out) {
  constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  const uint64_t code = Permute34(id);
  for (int shift = 30; shift >= 0; shift -= 5) out.push_back(kAlphabet[(code >> shift) & 31]);
}

}  // namespace storefront::seeder
