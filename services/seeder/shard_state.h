// What a shard knows of the rows it owns: enough to choose what an event acts on and to predict
// what it changes.
//
// A shard owns the customers whose id is equal to it modulo the number of shards, all orders below
// them, and the products chosen likewise: no two shards write one row. Every choice is a function
// of the set of live rows, never of the order in which they came, so a shard read back from the
// tables goes on as one that never stopped.
// Thread-safety: none; one worker holds it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/seeder/business_change.h"
#include "services/seeder/counter_rng.h"
#include "services/seeder/storefront_tables.h"

namespace storefront::seeder {

inline constexpr int16_t kShards = 16;

struct LiveCustomer {
  int32_t id = 0;
  bool erased = false;
};
struct LiveProduct {
  int32_t id = 0, stock = 0;
  int64_t price_cents = 0;
};
struct LiveOrder {
  int32_t id = 0, customer_id = 0, payment_id = 0;
  OrderStatus status = OrderStatus::kPending;
  bool payment_pending = false;
  int32_t items = 0, payments = 0;
  Micros created_at = 0;
};
// The rows of one shard, as the tables hold them.
struct LiveEntities {
  std::vector<LiveCustomer> customers;
  std::vector<LiveProduct> products;
  std::vector<LiveOrder> orders;
};

constexpr int16_t ShardOf(int64_t customer_or_product_id) {
  return static_cast<int16_t>(customer_or_product_id % kShards);
}

class ShardState {
 public:
  ShardState(int16_t shard, uint64_t seed);

  // Replaces everything by what the tables hold.
  void Load(const LiveEntities& live);

  int16_t shard() const { return shard_; }

  // A live row for random bits: up to 64 tries, then the next one upward, around the end.
  std::optional<int32_t> ProbeCustomer(uint64_t bits) const;
  std::optional<int32_t> ProbeProduct(uint64_t bits) const;
  size_t live_products() const { return product_count_; }
  size_t open_orders() const { return open_.size(); }

  int32_t stock(int32_t product_id) const { return ProductAt(product_id).stock; }
  int64_t price_cents(int32_t product_id) const { return ProductAt(product_id).price_cents; }
  int32_t orders_of(int32_t customer_id) const;

  // The earliest due one at `now`, by (due time, id).
  std::optional<LiveOrder> NextPaymentDue(Micros now) const;
  std::optional<LiveOrder> NextFulfilmentDue(Micros now) const;
  // The oldest delivered or cancelled one, by (created_at, id).
  std::optional<LiveOrder> OldestClosed() const;
  // The smallest id among erased customers without orders.
  std::optional<int32_t> ErasedWithoutOrders() const;

  // True when fate has this order shipped; false when it is cancelled instead.
  bool WillShip(int32_t order_id) const;
  // True when fate has its payment succeed.
  bool WillPay(int32_t order_id) const;

  // Takes over what a change does. The change concerns rows of this shard.
  void Apply(const Change& change);

 private:
  struct CustomerSlot {
    bool live = false, erased = false;
    int32_t orders = 0;
  };
  struct ProductSlot {
    bool live = false;
    int32_t stock = 0;
    int64_t price_cents = 0;
  };
  using Due = std::pair<Micros, int32_t>;  // when, order id
  struct Later {
    bool operator()(const LiveOrder& a, const LiveOrder& b) const {
      return Due(a.created_at, a.id) > Due(b.created_at, b.id);
    }
  };

  static size_t SlotOf(int32_t id) { return static_cast<size_t>(id / kShards); }
  int32_t IdOf(size_t slot) const { return static_cast<int32_t>(slot * kShards) + shard_; }
  const ProductSlot& ProductAt(int32_t id) const { return products_[SlotOf(id)]; }
  CustomerSlot& CustomerAt(int32_t id);
  Micros PaymentDue(const LiveOrder& order) const;
  Micros FulfilmentDue(const LiveOrder& order) const;
  void AddOrder(const LiveOrder& order);
  void Unschedule(const LiveOrder& order);
  void Schedule(const LiveOrder& order);
  void NoteErased(int32_t customer_id);

  const int16_t shard_;
  const CounterRng fate_;
  std::vector<CustomerSlot> customers_;
  std::vector<ProductSlot> products_;
  size_t product_count_ = 0;
  std::unordered_map<int32_t, LiveOrder> open_;  // pending and shipped ones
  std::set<Due> payments_due_, fulfilments_due_;
  std::priority_queue<LiveOrder, std::vector<LiveOrder>, Later> closed_;
  std::set<int32_t> erased_without_orders_;
};

}  // namespace storefront::seeder
