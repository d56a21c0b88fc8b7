// Rows as binary COPY reads them: PGCOPY header, tuples of length-prefixed fields, trailer.
//
// Bytes are canonical: binary COPY OUT of the stored row gives the same ones (numerics carry no
// zero digit groups at either end). Thread-safety: a value per thread. Source: Postgres
// documentation, "COPY", binary format; numeric_send and timestamp_send.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/seeder/row_digest.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

// Microseconds from 1970 to 2000, the zero of Postgres.
inline constexpr Micros kPostgresEpoch = 946'684'800 * kSecond;

// The value of one field, big-endian, appended without length.
void AppendInt16(int16_t value, std::string& out);
void AppendInt32(int32_t value, std::string& out);
void AppendInt64(int64_t value, std::string& out);
// numeric with scale 2 from cents; 0 <= cents < 10^12.
void AppendNumeric(int64_t cents, std::string& out);

class CopyEncoder {
 public:
  // Appends to `out`, which it does not own; must outlive the encoder.
  explicit CopyEncoder(std::string& out) : out_(out) {}

  void Header();
  void Trailer() { AppendInt16(-1, out_); }

  void Row(const Customer& row);
  void Row(const Product& row);
  void Row(const Order& row);
  void Row(const OrderItem& row);
  void Row(const Payment& row);

  int64_t rows() const { return rows_; }
  const DigestSum& digest() const { return digest_; }

 private:
  void Begin(int16_t fields);
  void End();
  void Int4(int32_t value);
  void Text(absl::string_view value);
  void Numeric(int64_t cents);
  void Timestamp(Micros value);
  void Null() { AppendInt32(-1, out_); }

  std::string& out_;
  size_t row_start_ = 0;
  int64_t rows_ = 0;
  DigestSum digest_;
};

}  // namespace storefront::seeder
