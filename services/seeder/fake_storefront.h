// A storefront database in memory, with its ledger: what the ports' fakes share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "services/seeder/business_change.h"
#include "services/seeder/event_planner.h"
#include "services/seeder/seed_ledger.h"
#include "services/seeder/shard_state.h"

namespace storefront::seeder {

// Rows by id, as far as deltas touch them. Thread-safety: none.
struct FakeStorefront {
  struct OrderRow {
    int32_t customer_id = 0;
    OrderStatus status = OrderStatus::kPending;
    int32_t items = 0;
    Micros created_at = 0;
    PaymentStatus payment = PaymentStatus::kPending;
    bool operator==(const OrderRow&) const = default;
  };
  struct CustomerRow {
    bool erased = false;
    std::string address;
    bool operator==(const CustomerRow&) const = default;
  };
  std::map<int32_t, CustomerRow> customers;
  std::map<int32_t, std::pair<int32_t, int64_t>> products;  // stock, price
  std::map<int32_t, OrderRow> orders;

  using BatchKey = std::tuple<int64_t, int16_t, int64_t>;  // run, shard, number
  struct BatchRow {
    std::string digest;
    int64_t last_event = 0;
    std::vector<int16_t> codes;
    std::vector<int32_t> counts;
    bool operator==(const BatchRow&) const = default;
  };
  std::map<BatchKey, BatchRow> batches;

  bool operator==(const FakeStorefront&) const = default;

  LiveEntities Shard(int16_t shard) const {
    LiveEntities live;
    for (const auto& [id, row] : customers) {
      if (ShardOf(id) == shard) live.customers.push_back({.id = id, .erased = row.erased});
    }
    for (const auto& [id, row] : products) {
      if (ShardOf(id) != shard) continue;
      live.products.push_back({.id = id, .stock = row.first, .price_cents = row.second});
    }
    for (const auto& [id, row] : orders) {
      if (ShardOf(row.customer_id) != shard) continue;
      live.orders.push_back({.id = id,
                             .customer_id = row.customer_id,
                             .payment_id = id,
                             .status = row.status,
                             .payment_pending = row.payment == PaymentStatus::kPending,
                             .items = row.items,
                             .payments = 1,
                             .created_at = row.created_at});
    }
    return live;
  }

  ShardCounters Counters(int64_t run_id, int16_t shard) const {
    ShardCounters counters;
    for (const auto& [key, row] : batches) {
      if (std::get<0>(key) != run_id || std::get<1>(key) != shard) continue;
      counters.batches = std::get<2>(key);
      counters.last_event = row.last_event;
      for (size_t i = 0; i < row.codes.size(); ++i) {
        if (row.codes[i] == LedgerCode(Table::kCustomers, Operation::kInsert)) {
          counters.customers += row.counts[i];
        }
        if (row.codes[i] == LedgerCode(Table::kOrders, Operation::kInsert)) {
          counters.orders += row.counts[i];
        }
      }
    }
    return counters;
  }
};

}  // namespace storefront::seeder
