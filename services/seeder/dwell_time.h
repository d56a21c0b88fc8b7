// Exponential durations from random bits, in integers: equal on every machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace storefront::seeder {

// -log2(u) as 16.16 fixed point for u = (bits + 1/2) / 2^64. Never negative.
constexpr uint64_t MinusLog2(uint64_t bits) {
  const uint64_t value = bits | 1;
  const int lead = std::countl_zero(value);
  uint64_t mantissa = (value << lead) >> 32;  // in [2^31, 2^32)
  uint64_t fraction = 0;
  for (int bit = 0; bit < 16; ++bit) {  // squaring doubles the logarithm; its carry is the next bit
    mantissa = (mantissa * mantissa) >> 31;
    fraction <<= 1;
    if (mantissa >= (uint64_t{1} << 32)) {
      fraction |= 1;
      mantissa >>= 1;
    }
  }
  // u = 2^-(lead + 1) * m with 1 <= m < 2, and `fraction` is log2(m).
  return (static_cast<uint64_t>(lead) + 1) * 65536 - fraction;
}

// An exponential time whose median is `median` (any unit).
constexpr int64_t DwellTime(uint64_t bits, int64_t median) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<int64_t>((static_cast<Wide>(MinusLog2(bits)) * static_cast<Wide>(median)) >>
                              16);
}

// An exponential time whose mean is `mean`.
constexpr int64_t ExponentialTime(uint64_t bits, int64_t mean) {
  __extension__ using Wide = unsigned __int128;
  constexpr uint64_t kLn2 = 2977044472;  // ln 2 * 2^32
  return static_cast<int64_t>(
      (static_cast<Wide>(MinusLog2(bits)) * kLn2 * static_cast<Wide>(mean)) >> 48);
}

}  // namespace storefront::seeder
