// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/copy_encoder.h"

#include <bit>

namespace storefront::seeder {
namespace {

template <typename Unsigned>
void AppendBigEndian(Unsigned value, std::string& out) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(Unsigned) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(Unsigned) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(Unsigned) == 8) value = __builtin_bswap64(value);
  char bytes[sizeof(Unsigned)];
  std::memcpy(bytes, &value, sizeof(bytes));
  out.append(bytes, sizeof(bytes));
}

}  // namespace

void AppendInt16(int16_t value, std::string& out) {
  AppendBigEndian(static_cast<uint16_t>(value), out);
}
void AppendInt32(int32_t value, std::string& out) {
  AppendBigEndian(static_cast<uint32_t>(value), out);
}
void AppendInt64(int64_t value, std::string& out) {
  AppendBigEndian(static_cast<uint64_t>(value), out);
}

void AppendNumeric(int64_t cents, std::string& out) {
  // Groups of four decimal digits, the point after the group of weight 0.
  const int64_t whole = cents / 100;
  const int16_t groups[] = {
      static_cast<int16_t>(whole / 100'000'000), static_cast<int16_t>(whole / 10'000 % 10'000),
      static_cast<int16_t>(whole % 10'000), static_cast<int16_t>(cents % 100 * 100)};
  int first = 0, last = 3;
  while (first < 4 && groups[first] == 0) ++first;
  while (last >= first && groups[last] == 0) --last;
  const int digits = last - first + 1;
  AppendInt16(static_cast<int16_t>(digits), out);
  AppendInt16(static_cast<int16_t>(digits == 0 ? 0 : 2 - first), out);  // weight of the first group
  AppendInt16(0, out);                                                  // sign
  AppendInt16(2, out);                                                  // display scale
  for (int i = first; i <= last; ++i) AppendInt16(groups[i], out);
}

void CopyEncoder::Header() {
  constexpr char kSignature[] = "PGCOPY\n\377\r\n";  // its terminating zero belongs to it
  out_.append(kSignature, sizeof(kSignature));
  AppendInt32(0, out_);  // flags
  AppendInt32(0, out_);  // length of the header's extension
}

void CopyEncoder::Begin(int16_t fields) {
  row_start_ = out_.size();
  AppendInt16(fields, out_);
}

void CopyEncoder::End() {
  digest_.Add(absl::string_view(out_).substr(row_start_));
  ++rows_;
}

void CopyEncoder::Int4(int32_t value) {
  AppendInt32(4, out_);
  AppendInt32(value, out_);
}

void CopyEncoder::Text(absl::string_view value) {
  AppendInt32(static_cast<int32_t>(value.size()), out_);
  out_.append(value.data(), value.size());
}

void CopyEncoder::Numeric(int64_t cents) {
  const size_t length_at = out_.size();
  AppendInt32(0, out_);
  AppendNumeric(cents, out_);
  // Shorter than 2^8 bytes: only the last byte of the length differs from zero.
  out_[length_at + 3] = static_cast<char>(out_.size() - length_at - 4);
}

void CopyEncoder::Timestamp(Micros value) {
  AppendInt32(8, out_);
  AppendInt64(value - kPostgresEpoch, out_);
}

void CopyEncoder::Row(const Customer& row) {
  Begin(7);
  Int4(row.id);
  Text(row.full_name);
  Text(row.email);
  Text(row.address);
  Text(row.city);
  Text(row.country);
  Timestamp(row.created_at);
  End();
}

void CopyEncoder::Row(const Product& row) {
  Begin(6);
  Int4(row.id);
  Text(row.name);
  Text(row.category);
  Numeric(row.price_cents);
  Int4(row.stock);
  Timestamp(row.created_at);
  End();
}

void CopyEncoder::Row(const Order& row) {
  Begin(5);
  Int4(row.id);
  Int4(row.customer_id);
  Text(OrderStatusName(row.status));
  Numeric(row.total_cents);
  Timestamp(row.created_at);
  End();
}

void CopyEncoder::Row(const OrderItem& row) {
  Begin(5);
  Int4(row.id);
  Int4(row.order_id);
  Int4(row.product_id);
  Int4(row.quantity);
  Numeric(row.price_cents);
  End();
}

void CopyEncoder::Row(const Payment& row) {
  Begin(6);
  Int4(row.id);
  Int4(row.order_id);
  Text(row.method);
  if (row.paid_at) {
    Timestamp(*row.paid_at);
  } else {
    Null();
  }
  Numeric(row.amount_cents);
  Text(PaymentStatusName(row.status));
  End();
}

}  // namespace storefront::seeder
