// Random numbers by position, not by sequence: the value at (seed, stream, row, draw) is the same
// in any order, on any thread and machine. Integers only; the standard distributions and libm
// differ between libraries and stay out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace storefront::seeder {

// The finaliser of SplitMix64: a bijection in which each input bit moves about half the output
// bits.
constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// What a stream of numbers is for. Values are part of the generator's version: never renumber.
enum class Stream : uint32_t {
  kCustomer = 1,
  kProduct = 2,
  kOrder = 3,
  kOrderItem = 4,
  kPayment = 5,
  kEventKind = 16,
  kEventShard = 17,
  kEventGap = 18,
  kEventBody = 19,
  kOrderFate = 20,
};

// Thread-safety: a value.
class CounterRng {
 public:
  constexpr CounterRng(uint64_t seed, Stream stream)
      : key_(Mix64(Mix64(seed + 0x9e3779b97f4a7c15ULL) ^
                   (static_cast<uint64_t>(stream) * 0xd6e8feb86659fd93ULL))) {}

  // 64 bits for a row and the draw within it.
  constexpr uint64_t At(uint64_t row, uint64_t draw = 0) const {
    return Mix64(key_ + row * 0x9e3779b97f4a7c15ULL + draw * 0xc2b2ae3d27d4eb4fULL);
  }

 private:
  uint64_t key_;
};

// The product's high half: 0 <= result < bound for any bits; 0 for bound 0.
constexpr uint64_t Below(uint64_t bits, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(bits) * bound) >> 64);
}

// Like Below, but small results are likelier (density -ln x): a few are popular, none is left out.
constexpr uint64_t SkewedBelow(uint64_t bits, uint64_t bound) {
  return Below(Below(bits, Mix64(bits ^ 0x2545f4914f6cdd1dULL)), bound);
}

}  // namespace storefront::seeder
