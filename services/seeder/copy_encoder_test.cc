// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/copy_encoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace storefront::seeder {
namespace {

// A decoder of its own, from the documentation of COPY's binary format and of numeric_recv.
class Decoder {
 public:
  explicit Decoder(std::string bytes) : bytes_(std::move(bytes)) {}
  int64_t Int(size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value = value * 256 + static_cast<unsigned char>(bytes_.at(at_++));
    }
    if (size == 2) return static_cast<int16_t>(value);
    if (size == 4) return static_cast<int32_t>(value);
    return static_cast<int64_t>(value);
  }
  std::string Bytes(size_t size) {
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  std::string Text() { return Bytes(static_cast<size_t>(Int(4))); }
  // In cents.
  int64_t Numeric() {
    EXPECT_GE(Int(4), 8);
    const int64_t digits = Int(2), weight = Int(2);
    EXPECT_EQ(Int(2), 0);  // sign
    EXPECT_EQ(Int(2), 2);  // scale
    int64_t ten_thousandths = 0;
    for (int64_t i = 0; i < digits; ++i) {
      const int64_t group = Int(2);
      if (i == 0 || i == digits - 1) {
        EXPECT_NE(group, 0) << "not canonical";
      }
      int64_t factor = 10'000;  // of the group with weight 0
      for (int64_t w = 0; w < weight - i; ++w) factor *= 10'000;
      if (weight - i == -1) factor = 1;
      ten_thousandths += group * factor;
    }
    return ten_thousandths / 100;
  }
  bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

TEST(CopyEncoder, AnIndependentDecoderReadsTheSameRow) {
  std::string bytes;
  CopyEncoder encoder(bytes);
  encoder.Header();
  encoder.Row(Payment{.id = 7,
                      .order_id = 7,
                      .method = "card",
                      .paid_at = std::nullopt,
                      .amount_cents = 123'456'789,
                      .status = PaymentStatus::kPending});
  encoder.Row(Order{.id = -1,
                    .customer_id = 2'000'000'000,
                    .status = OrderStatus::kShipped,
                    .total_cents = 0,
                    .created_at = kPostgresEpoch + 5});
  encoder.Trailer();

  Decoder decoder(bytes);
  EXPECT_EQ(decoder.Bytes(11), std::string("PGCOPY\n\377\r\n\0", 11));
  EXPECT_EQ(decoder.Int(4), 0);
  EXPECT_EQ(decoder.Int(4), 0);
  EXPECT_EQ(decoder.Int(2), 6);
  EXPECT_EQ(decoder.Int(4), 4);
  EXPECT_EQ(decoder.Int(4), 7);
  EXPECT_EQ(decoder.Int(4), 4);
  EXPECT_EQ(decoder.Int(4), 7);
  EXPECT_EQ(decoder.Text(), "card");
  EXPECT_EQ(decoder.Int(4), -1);  // NULL
  EXPECT_EQ(decoder.Numeric(), 123'456'789);
  EXPECT_EQ(decoder.Text(), "pending");
  EXPECT_EQ(decoder.Int(2), 5);
  EXPECT_EQ(decoder.Int(4), 4);
  EXPECT_EQ(decoder.Int(4), -1);
  EXPECT_EQ(decoder.Int(4), 4);
  EXPECT_EQ(decoder.Int(4), 2'000'000'000);
  EXPECT_EQ(decoder.Text(), "shipped");
  EXPECT_EQ(decoder.Numeric(), 0);
  EXPECT_EQ(decoder.Int(4), 8);
  EXPECT_EQ(decoder.Int(8), 5);
  EXPECT_EQ(decoder.Int(2), -1);
  EXPECT_TRUE(decoder.AtEnd());
  EXPECT_EQ(encoder.rows(), 2);
}

TEST(AppendNumeric, EveryMagnitudeComesBack) {
  for (const int64_t cents : {int64_t{1}, int64_t{99}, int64_t{100}, int64_t{10'000},
                              int64_t{999'999}, int64_t{1'000'000}, int64_t{100'000'000},
                              int64_t{9'999'999'999}, int64_t{10'000'000'000}}) {
    std::string digits;
    AppendNumeric(cents, digits);
    std::string field;
    AppendInt32(static_cast<int32_t>(digits.size()), field);
    EXPECT_EQ(Decoder(field + digits).Numeric(), cents);
  }
}

TEST(DigestSum, DoesNotDependOnTheOrderAndComesBackFromText) {
  DigestSum a, b;
  for (int i = 0; i < 1000; ++i) a.Add(std::to_string(i));
  for (int i = 999; i >= 0; --i) b.Add(std::to_string(i));
  EXPECT_EQ(a, b);
  EXPECT_EQ(*DigestSum::FromDecimal(a.Decimal()), a);
  b.Add("another");
  EXPECT_NE(a.Hex(), b.Hex());
  EXPECT_FALSE(DigestSum::FromDecimal("-1").has_value());
}

}  // namespace
}  // namespace storefront::seeder
