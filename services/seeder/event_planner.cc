// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/event_planner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/seeder/core_rows.h"
#include "services/seeder/permutation.h"

namespace storefront::seeder {
namespace {

// Draws of an event's body. MakePerson and MakeAddress use 0 to 6.
enum BodyDraw : uint64_t { kWho = 16, kLines, kMethod, kHowMany, kPriceStep, kItem = 32 };

constexpr int32_t kStockMax = 1'000'000;

bool Contains(const SetStock& stock, int32_t product_id) {
  return std::any_of(stock.entries.begin(), stock.entries.end(),
                     [&](const SetStock::Entry& entry) { return entry.product_id == product_id; });
}

}  // namespace

EventPlanner::EventPlanner(int64_t run_id, uint64_t seed, const EventMix& mix, const IdBases& bases)
    : run_id_(run_id),
      mix_(mix),
      bases_(bases),
      shards_(seed, Stream::kEventShard),
      kinds_(seed, Stream::kEventKind),
      body_(seed, Stream::kEventBody) {}

int16_t EventPlanner::Shard(int64_t event) const {
  return static_cast<int16_t>(Below(shards_.At(static_cast<uint64_t>(event)), kShards));
}

Batch EventPlanner::Plan(int64_t event, Micros now, ShardState& state,
                         ShardCounters& counters) const {
  Batch batch = {.run_id = run_id_,
                 .shard = state.shard(),
                 .batch_no = counters.batches + 1,
                 .first_event = event,
                 .last_event = event,
                 .business_time = now};
  const auto number = static_cast<uint64_t>(event);
  const EventKind drawn = mix_.Pick(kinds_.At(number));
  for (const EventKind kind : {drawn, EventKind::kRestock, EventKind::kRegister}) {
    batch.kind = kind;
    if (TryPlan(kind, number, now, state, counters, batch)) break;
    batch.substituted = true;
  }
  Seal(batch);
  for (const Change& change : batch.changes) state.Apply(change);
  counters.batches = batch.batch_no;
  counters.last_event = event;
  if (batch.kind == EventKind::kCheckout) ++counters.orders;
  if (batch.kind == EventKind::kRegister) ++counters.customers;
  return batch;
}

bool EventPlanner::TryPlan(EventKind kind, uint64_t event, Micros now, const ShardState& state,
                           const ShardCounters& counters, Batch& batch) const {
  switch (kind) {
    case EventKind::kCheckout:
      return Checkout(event, now, state, counters, batch);
    case EventKind::kPaymentStep: {
      const auto order = state.NextPaymentDue(now);
      if (!order) return false;
      if (state.WillPay(order->id)) {
        batch.changes.push_back(SettlePayment{.order_id = order->id,
                                              .payment_id = order->payment_id,
                                              .to = PaymentStatus::kPaid,
                                              .paid_at = now});
      } else {
        batch.changes.push_back(SettlePayment{
            .order_id = order->id, .payment_id = order->payment_id, .to = PaymentStatus::kFailed});
        batch.changes.push_back(
            MoveOrder{.order_id = order->id, .from = order->status, .to = OrderStatus::kCancelled});
      }
      return true;
    }
    case EventKind::kFulfilStep: {
      const auto order = state.NextFulfilmentDue(now);
      if (!order) return false;
      OrderStatus to = OrderStatus::kDelivered;
      if (order->status == OrderStatus::kPending) {
        // Nothing leaves the house unpaid.
        const bool ships = state.WillShip(order->id) && !order->payment_pending;
        to = ships ? OrderStatus::kShipped : OrderStatus::kCancelled;
        if (order->payment_pending) {
          batch.changes.push_back(SettlePayment{.order_id = order->id,
                                                .payment_id = order->payment_id,
                                                .to = PaymentStatus::kFailed});
        }
      }
      batch.changes.push_back(MoveOrder{.order_id = order->id, .from = order->status, .to = to});
      return true;
    }
    case EventKind::kRestock:
      return Restock(event, state, batch);
    case EventKind::kPriceChange: {
      const auto product = state.ProbeProduct(body_.At(event, kWho));
      if (!product) return false;
      // 80 % to 125 % of the present price, never the same, at least one unit of money.
      const int64_t old_cents = state.price_cents(*product);
      int64_t cents = std::clamp<int64_t>(
          old_cents * static_cast<int64_t>(800 + Below(body_.At(event, kPriceStep), 451)) / 1000,
          100, 99'999'99);
      if (cents == old_cents) ++cents;
      batch.changes.push_back(SetPrice{.product_id = *product, .price_cents = cents});
      return true;
    }
    case EventKind::kRegister: {
      const auto id =
          static_cast<int32_t>(bases_.customer + kShards * counters.customers + state.shard());
      RegisterCustomer change;
      MakePerson(body_, event, id, change.customer);
      change.customer.created_at = now;
      batch.changes.push_back(std::move(change));
      return true;
    }
    case EventKind::kProfileChange: {
      const auto customer = state.ProbeCustomer(body_.At(event, kWho));
      if (!customer) return false;
      Customer moved;
      MakeAddress(body_, event, moved);
      batch.changes.push_back(MoveCustomer{.customer_id = *customer,
                                           .address = std::move(moved.address),
                                           .city = std::move(moved.city),
                                           .country = std::move(moved.country)});
      return true;
    }
    case EventKind::kEraseCustomer:
      return Erase(event, state, batch);
    case EventKind::kPurgeOrder: {
      const auto order = state.OldestClosed();
      if (!order) return false;
      batch.changes.push_back(
          PurgeOrder{.order_id = order->id, .items = order->items, .payments = order->payments});
      return true;
    }
  }
  return false;
}

bool EventPlanner::Checkout(uint64_t event, Micros now, const ShardState& state,
                            const ShardCounters& counters, Batch& batch) const {
  const auto customer = state.ProbeCustomer(body_.At(event, kWho));
  if (!customer) return false;
  PlaceOrder place;
  Order& order = place.rows.order;
  order.id = static_cast<int32_t>(bases_.order + kShards * counters.orders + state.shard());
  order.customer_id = *customer;
  order.created_at = now;

  SetStock stock;
  const auto lines = 1 + Below(body_.At(event, kLines), kMaxLines);
  for (uint64_t line = 0; line < lines; ++line) {
    const uint64_t bits = body_.At(event, kItem + line);
    const auto product = state.ProbeProduct(bits);
    if (!product || Contains(stock, *product)) continue;
    const auto wanted = static_cast<int32_t>(1 + SkewedBelow(Mix64(bits), 5));
    const int32_t left = state.stock(*product) - wanted;
    if (left < 0) continue;
    OrderItem& item = place.rows.items[static_cast<size_t>(place.rows.item_count)];
    item = {.id = 4 * (order.id - 1) + place.rows.item_count + 1,
            .order_id = order.id,
            .product_id = *product,
            .quantity = wanted,
            .price_cents = state.price_cents(*product)};
    order.total_cents += item.quantity * item.price_cents;
    stock.entries.push_back({.product_id = *product, .stock = left});
    ++place.rows.item_count;
  }
  if (place.rows.item_count == 0) return false;

  place.rows.payment = {.id = order.id,
                        .order_id = order.id,
                        .method = PaymentMethod(body_.At(event, kMethod)),
                        .amount_cents = order.total_cents,
                        .status = PaymentStatus::kPending};
  batch.changes.push_back(std::move(place));
  batch.changes.push_back(std::move(stock));
  return true;
}

bool EventPlanner::Restock(uint64_t event, const ShardState& state, Batch& batch) const {
  if (state.live_products() == 0) return false;
  SetStock stock;
  const auto wanted = 1 + Below(body_.At(event, kHowMany), 5);
  for (uint64_t n = 0; n < wanted; ++n) {
    const uint64_t bits = body_.At(event, kItem + n);
    const auto product = state.ProbeProduct(bits);
    if (!product || Contains(stock, *product)) continue;
    const auto more = static_cast<int32_t>(10 + Below(Mix64(bits), 200));
    const int32_t old_stock = state.stock(*product);
    stock.entries.push_back(
        {.product_id = *product,
         .stock = old_stock > kStockMax - more ? old_stock - more : old_stock + more});
  }
  batch.changes.push_back(std::move(stock));
  return true;
}

bool EventPlanner::Erase(uint64_t event, const ShardState& state, Batch& batch) const {
  if (const auto erased = state.ErasedWithoutOrders()) {
    batch.changes.push_back(DeleteCustomer{.customer_id = *erased});
    return true;
  }
  const auto customer = state.ProbeCustomer(body_.At(event, kWho));
  if (!customer) return false;
  EraseCustomer change = {.customer_id = *customer, .full_name = "Erased", .email = "erased."};
  AppendUniqueCode(static_cast<uint64_t>(*customer), change.email);
  absl::StrAppend(&change.email, kErasedMailDomain);
  batch.changes.push_back(std::move(change));
  return true;
}

}  // namespace storefront::seeder
