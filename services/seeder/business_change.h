// What a business event does to the storefront, as values, and the transaction that carries it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/seeder/core_rows.h"
#include "services/seeder/event_mix.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

// Inserts an order, its items and its payment.
struct PlaceOrder {
  OrderRows rows;
};
// Sets the stock of products; no product twice.
struct SetStock {
  struct Entry {
    int32_t product_id = 0, stock = 0;
  };
  std::vector<Entry> entries;
};
struct SettlePayment {
  int32_t order_id = 0, payment_id = 0;
  PaymentStatus to = PaymentStatus::kPaid;
  std::optional<Micros> paid_at;
};
struct MoveOrder {
  int32_t order_id = 0;
  OrderStatus from = OrderStatus::kPending, to = OrderStatus::kShipped;
};
struct SetPrice {
  int32_t product_id = 0;
  int64_t price_cents = 0;
};
struct RegisterCustomer {
  Customer customer;
};
// Address, city and country.
struct MoveCustomer {
  int32_t customer_id = 0;
  std::string address, city, country;
};
// Name and email replaced, the rest NULL.
struct EraseCustomer {
  int32_t customer_id = 0;
  std::string full_name, email;
};
struct DeleteCustomer {
  int32_t customer_id = 0;
};
// Deletes an order's payments and items, then the order.
struct PurgeOrder {
  int32_t order_id = 0, items = 0, payments = 0;
};

using Change =
    std::variant<PlaceOrder, SetStock, SettlePayment, MoveOrder, SetPrice, RegisterCustomer,
                 MoveCustomer, EraseCustomer, DeleteCustomer, PurgeOrder>;

// The email of an erased customer ends so; that is how one is known again.
inline constexpr absl::string_view kErasedMailDomain = "@erased.example";

// One transaction: a business event, its ledger row first.
struct Batch {
  int64_t run_id = 0;
  int16_t shard = 0;
  int64_t batch_no = 0;  // from 1
  int64_t first_event = 0, last_event = 0;
  Micros business_time = 0;
  EventKind kind = EventKind::kRestock;
  bool substituted = false;  // another event was drawn, with nothing to act on
  std::vector<Change> changes;

  // By Seal(): what the ledger promises.
  std::vector<int16_t> codes;
  std::vector<int32_t> counts;
  std::string digest;  // 16 bytes over the parameters of all changes
};

// Sums the effects of the changes into codes and counts, and makes the digest.
void Seal(Batch& batch);

}  // namespace storefront::seeder
