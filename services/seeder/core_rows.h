// The rows of a full load, profile CORE: each a pure function of the seed and its number.
//
// Row numbers count from 0 per table; an order with its items and its payment is one number. Rows
// are in business-time order, and agree: totals with items, payments with totals, states with
// times. Thread-safety: const methods; one object serves all workers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "services/seeder/counter_rng.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

// 2026-01-01T00:00:00Z.
inline constexpr Micros kClockStart = 1'767'225'600 * kSecond;
inline constexpr Micros kHistory = 365 * kDay;

// Medians of the order lifecycle, and how many of 1000 orders go the good way.
inline constexpr Micros kMedianToPaid = 2 * kMinute;
inline constexpr Micros kMedianToShipped = 12 * kHour;
inline constexpr Micros kMedianToDelivered = 40 * kHour;
inline constexpr uint64_t kShippedPermille = 920;
inline constexpr uint64_t kPaidPermille = 920;

struct LoadShape {
  uint64_t seed = 42;
  int64_t customers = 0, products = 0, orders = 0;
  int32_t first_customer_id = 1, first_product_id = 1, first_order_id = 1;
  Micros clock_start = kClockStart;
  Micros history = kHistory;
};

// An order with what hangs on it.
struct OrderRows {
  Order order;
  std::array<OrderItem, kMaxLines> items;
  int item_count = 0;
  Payment payment;
};

class CoreRows {
 public:
  explicit CoreRows(const LoadShape& shape);

  const LoadShape& shape() const { return shape_; }

  void MakeCustomer(int64_t row, Customer& out) const;
  void MakeProduct(int64_t row, Product& out) const;
  void MakeOrder(int64_t row, OrderRows& out) const;

  // Items of the orders [first, first + count).
  int64_t CountItems(int64_t first, int64_t count) const;

 private:
  int64_t PriceCents(int64_t product_row) const;
  Micros SlotTime(Micros start, Micros span, int64_t row, int64_t rows, uint64_t bits) const;

  LoadShape shape_;
  CounterRng customers_, products_, orders_, items_, payments_;
};

// Name, email and address of a person by random numbers at (row, draw); the email's code comes from
// the id. Used for loads and for the customers that deltas register.
void MakePerson(const CounterRng& rng, uint64_t row, int32_t id, Customer& out);
// Only address, city and country.
void MakeAddress(const CounterRng& rng, uint64_t row, Customer& out);
// One of the payment methods.
absl::string_view PaymentMethod(uint64_t bits);
// A price between the bounds that looks like one: it ends in 00, 49, 50, 90, 95 or 99.
int64_t RetailPrice(uint64_t bits, int64_t cents_min, int64_t cents_max);

// Identifies everything that a row's bytes depend on besides its run's parameters: word lists and
// code. Hexadecimal. A golden test fails when rows change and this does not.
std::string GeneratorVersion();

}  // namespace storefront::seeder
