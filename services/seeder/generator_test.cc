// What the rows and events are drawn with: mixes, durations, unique codes, digests.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "libs/testing/status_matchers.h"
#include "services/seeder/counter_rng.h"
#include "services/seeder/dwell_time.h"
#include "services/seeder/event_mix.h"
#include "services/seeder/permutation.h"
#include "services/seeder/row_digest.h"

namespace storefront::seeder {
namespace {

using status::Reason;
using ::testing::ElementsAre;
using testing::HasReason;
using testing::IsOk;

constexpr int kDraws = 200'000;

std::array<int, kEventKinds> Count(const EventMix& mix) {
  const CounterRng random(7, Stream::kEventKind);
  std::array<int, kEventKinds> counts{};
  for (uint64_t i = 0; i < kDraws; ++i) ++counts[static_cast<size_t>(mix.Pick(random.At(i)))];
  return counts;
}

TEST(EventMix, EachEventComesAsOftenAsItsWeightSays) {
  const auto mix = EventMix::Make({{"checkout", 100},
                                   {"payment_step", 300},
                                   {"fulfil_step", 0},
                                   {"restock", 0},
                                   {"price_change", 0},
                                   {"register", 0},
                                   {"profile_change", 0},
                                   {"erase_customer", 0},
                                   {"purge_order", 600}});
  ASSERT_THAT(mix, IsOk());
  const auto counts = Count(*mix);
  EXPECT_NEAR(counts[static_cast<size_t>(EventKind::kCheckout)], 0.1 * kDraws, 0.01 * kDraws);
  EXPECT_NEAR(counts[static_cast<size_t>(EventKind::kPaymentStep)], 0.3 * kDraws, 0.01 * kDraws);
  EXPECT_NEAR(counts[static_cast<size_t>(EventKind::kPurgeOrder)], 0.6 * kDraws, 0.01 * kDraws);
  EXPECT_EQ(counts[static_cast<size_t>(EventKind::kRestock)], 0);
}

TEST(EventMix, EveryEventIsInTheShippedOne) {
  for (const int count : Count(EventMix())) EXPECT_GT(count, 0);
}

TEST(EventMix, WrongWeightsAreNamedTogether) {
  const absl::Status status =
      EventMix::Make({{"checkout", -1}, {"nap", 5}, {"restock", 1}}).status();
  EXPECT_THAT(status, HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
  std::vector<std::string> fields;
  for (const auto& violation : status::DetailsOf(status).fields) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("weights[checkout]", "weights[nap]"));
}

TEST(EventMix, SomethingMustHappen) {
  std::map<std::string, int32_t> weights;
  for (size_t i = 0; i < kEventKinds; ++i) {
    weights[std::string(EventName(static_cast<EventKind>(i)))] = 0;
  }
  EXPECT_THAT(EventMix::Make(weights),
              HasReason(absl::StatusCode::kInvalidArgument, Reason::kInvalidField));
}

TEST(EventMix, NamesAreReadAsTheyAreWritten) {
  for (size_t i = 0; i < kEventKinds; ++i) {
    const auto kind = static_cast<EventKind>(i);
    EXPECT_EQ(ParseEvent(EventName(kind)), kind);
  }
  EXPECT_EQ(ParseEvent("Checkout"), std::nullopt);
}

TEST(DwellTime, HalfAreShorterThanTheMedian) {
  const CounterRng random(7, Stream::kOrderFate);
  int shorter = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const int64_t time = DwellTime(random.At(i), 1'000'000);
    ASSERT_GE(time, 0);
    if (time < 1'000'000) ++shorter;
  }
  EXPECT_NEAR(shorter, 0.5 * kDraws, 0.01 * kDraws);
}

TEST(ExponentialTime, HasItsMean) {
  const CounterRng random(7, Stream::kEventGap);
  double sum = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    sum += static_cast<double>(ExponentialTime(random.At(i), 1'000'000));
  }
  EXPECT_NEAR(sum / kDraws, 1e6, 1e4);
}

TEST(MinusLog2, IsExactForPowersOfTwo) {
  EXPECT_EQ(MinusLog2(uint64_t{1} << 63), 65536u);
  EXPECT_EQ(MinusLog2(uint64_t{1} << 62), 2 * 65536u);
}

TEST(MinusLog2, StaysFinite) {
  EXPECT_GE(MinusLog2(~uint64_t{0}), 0u);
  EXPECT_LE(MinusLog2(0), 65u << 16);
}

TEST(UniqueCode, NoTwoIdsShareOne) {
  std::set<std::string> codes;
  for (uint64_t id = 0; id < 200'000; ++id) {
    std::string code;
    AppendUniqueCode(id, code);
    ASSERT_EQ(code.size(), 7u);
    ASSERT_TRUE(codes.insert(code).second) << id;
  }
}

TEST(Permute34, IsABijectionOnEverySample) {
  std::set<uint64_t> seen;
  for (const uint64_t from : {uint64_t{0}, kPermutationSize - 100'000}) {
    for (uint64_t id = from; id < from + 100'000; ++id) {
      const uint64_t code = Permute34(id);
      EXPECT_LT(code, kPermutationSize);
      EXPECT_TRUE(seen.insert(code).second) << id;
    }
  }
}

TEST(SkewedBelow, PrefersSmallNumbersAndLeavesNoneOut) {
  const CounterRng random(7, Stream::kOrder);
  std::array<int, 10> counts{};
  for (uint64_t i = 0; i < kDraws; ++i) ++counts[SkewedBelow(random.At(i), counts.size())];
  EXPECT_GT(counts.front(), 5 * counts.back());
  EXPECT_GT(counts.back(), 0);
}

TEST(DigestSum, DependsOnTheRowsAndNotOnTheirOrder) {
  DigestSum forth, back, half, other;
  for (const char* row : {"a", "b", "c"}) forth.Add(row);
  for (const char* row : {"c", "b"}) back.Add(row);
  half.Add("a");
  back.Merge(half);
  EXPECT_EQ(forth, back);
  for (const char* row : {"a", "b", "b"}) other.Add(row);
  EXPECT_NE(forth, other);
}

TEST(DigestSum, IsReadFromTheLedgerAsItWasWritten) {
  DigestSum sum;
  for (int i = 0; i < 100; ++i) sum.Add(std::to_string(i));
  EXPECT_EQ(DigestSum::FromDecimal(sum.Decimal()), sum);
  EXPECT_EQ(DigestSum::FromDecimal("340282366920938463463374607431768211455")->Hex(),
            std::string(32, 'f'));
  EXPECT_EQ(DigestSum::FromDecimal("340282366920938463463374607431768211456"), std::nullopt);
  EXPECT_EQ(sum.Bytes().size(), 16u);
}

}  // namespace
}  // namespace storefront::seeder
