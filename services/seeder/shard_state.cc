// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/shard_state.h"

#include <utility>

#include "services/seeder/core_rows.h"
#include "services/seeder/dwell_time.h"

namespace storefront::seeder {
namespace {

enum FateDraw : uint64_t { kShips, kPays, kToPaid, kToShipped, kToDelivered };

bool IsOpen(OrderStatus status) {
  return status == OrderStatus::kPending || status == OrderStatus::kShipped;
}

// Index of a usable slot for random bits, or nothing when there is none.
template <typename Slots, typename Usable>
std::optional<size_t> Probe(const Slots& slots, uint64_t bits, Usable usable) {
  if (slots.empty()) return std::nullopt;
  size_t at = 0;
  for (uint64_t tries = 0; tries < 64; ++tries) {
    at = static_cast<size_t>(Below(Mix64(bits + tries * 0x9e3779b97f4a7c15ULL), slots.size()));
    if (usable(slots[at])) return at;
  }
  for (size_t step = 1; step <= slots.size(); ++step) {
    const size_t next = (at + step) % slots.size();
    if (usable(slots[next])) return next;
  }
  return std::nullopt;
}

}  // namespace

ShardState::ShardState(int16_t shard, uint64_t seed)
    : shard_(shard), fate_(seed, Stream::kOrderFate) {}

void ShardState::Load(const LiveEntities& live) {
  customers_.clear();
  products_.clear();
  product_count_ = 0;
  open_.clear();
  payments_due_.clear();
  fulfilments_due_.clear();
  closed_ = {};
  erased_without_orders_.clear();
  for (const LiveCustomer& customer : live.customers) {
    CustomerSlot& slot = CustomerAt(customer.id);
    slot.live = true;
    slot.erased = customer.erased;
  }
  for (const LiveProduct& product : live.products) {
    const size_t slot = SlotOf(product.id);
    if (products_.size() <= slot) products_.resize(slot + 1);
    products_[slot] = {.live = true, .stock = product.stock, .price_cents = product.price_cents};
    ++product_count_;
  }
  for (const LiveOrder& order : live.orders) AddOrder(order);
  for (size_t slot = 0; slot < customers_.size(); ++slot) NoteErased(IdOf(slot));
}

ShardState::CustomerSlot& ShardState::CustomerAt(int32_t id) {
  const size_t slot = SlotOf(id);
  if (customers_.size() <= slot) customers_.resize(slot + 1);
  return customers_[slot];
}

std::optional<int32_t> ShardState::ProbeCustomer(uint64_t bits) const {
  const auto slot =
      Probe(customers_, bits, [](const CustomerSlot& at) { return at.live && !at.erased; });
  if (!slot) return std::nullopt;
  return IdOf(*slot);
}

std::optional<int32_t> ShardState::ProbeProduct(uint64_t bits) const {
  const auto slot = Probe(products_, bits, [](const ProductSlot& at) { return at.live; });
  if (!slot) return std::nullopt;
  return IdOf(*slot);
}

int32_t ShardState::orders_of(int32_t customer_id) const {
  const size_t slot = SlotOf(customer_id);
  return slot < customers_.size() ? customers_[slot].orders : 0;
}

bool ShardState::WillShip(int32_t order_id) const {
  return Below(fate_.At(static_cast<uint64_t>(order_id), kShips), 1000) < kShippedPermille;
}
bool ShardState::WillPay(int32_t order_id) const {
  return Below(fate_.At(static_cast<uint64_t>(order_id), kPays), 1000) < kPaidPermille;
}

Micros ShardState::PaymentDue(const LiveOrder& order) const {
  return order.created_at +
         DwellTime(fate_.At(static_cast<uint64_t>(order.id), kToPaid), kMedianToPaid);
}

Micros ShardState::FulfilmentDue(const LiveOrder& order) const {
  const auto id = static_cast<uint64_t>(order.id);
  const Micros shipped = order.created_at + DwellTime(fate_.At(id, kToShipped), kMedianToShipped);
  if (order.status == OrderStatus::kPending) return shipped;
  return shipped + DwellTime(fate_.At(id, kToDelivered), kMedianToDelivered);
}

std::optional<LiveOrder> ShardState::NextPaymentDue(Micros now) const {
  if (payments_due_.empty() || payments_due_.begin()->first > now) return std::nullopt;
  return open_.at(payments_due_.begin()->second);
}

std::optional<LiveOrder> ShardState::NextFulfilmentDue(Micros now) const {
  if (fulfilments_due_.empty() || fulfilments_due_.begin()->first > now) return std::nullopt;
  return open_.at(fulfilments_due_.begin()->second);
}

std::optional<LiveOrder> ShardState::OldestClosed() const {
  if (closed_.empty()) return std::nullopt;
  return closed_.top();
}

std::optional<int32_t> ShardState::ErasedWithoutOrders() const {
  if (erased_without_orders_.empty()) return std::nullopt;
  return *erased_without_orders_.begin();
}

void ShardState::Schedule(const LiveOrder& order) {
  if (order.payment_pending) payments_due_.emplace(PaymentDue(order), order.id);
  fulfilments_due_.emplace(FulfilmentDue(order), order.id);
}

void ShardState::Unschedule(const LiveOrder& order) {
  payments_due_.erase({PaymentDue(order), order.id});
  fulfilments_due_.erase({FulfilmentDue(order), order.id});
}

void ShardState::AddOrder(const LiveOrder& order) {
  ++CustomerAt(order.customer_id).orders;
  if (IsOpen(order.status)) {
    open_.emplace(order.id, order);
    Schedule(order);
  } else {
    closed_.push(order);
  }
}

void ShardState::NoteErased(int32_t customer_id) {
  const CustomerSlot& slot = CustomerAt(customer_id);
  if (slot.live && slot.erased && slot.orders == 0) erased_without_orders_.insert(customer_id);
}

void ShardState::Apply(const Change& change) {
  if (const auto* place = std::get_if<PlaceOrder>(&change)) {
    const Order& order = place->rows.order;
    AddOrder({.id = order.id,
              .customer_id = order.customer_id,
              .payment_id = place->rows.payment.id,
              .status = order.status,
              .payment_pending = place->rows.payment.status == PaymentStatus::kPending,
              .items = place->rows.item_count,
              .payments = 1,
              .created_at = order.created_at});
  } else if (const auto* stock = std::get_if<SetStock>(&change)) {
    for (const auto& entry : stock->entries)
      products_[SlotOf(entry.product_id)].stock = entry.stock;
  } else if (const auto* price = std::get_if<SetPrice>(&change)) {
    products_[SlotOf(price->product_id)].price_cents = price->price_cents;
  } else if (const auto* settle = std::get_if<SettlePayment>(&change)) {
    LiveOrder& order = open_.at(settle->order_id);
    payments_due_.erase({PaymentDue(order), order.id});
    order.payment_pending = false;
  } else if (const auto* move = std::get_if<MoveOrder>(&change)) {
    const auto it = open_.find(move->order_id);
    LiveOrder order = it->second;
    Unschedule(order);
    order.status = move->to;
    if (IsOpen(order.status)) {
      it->second = order;
      Schedule(order);
    } else {
      open_.erase(it);
      closed_.push(order);
    }
  } else if (const auto* customer = std::get_if<RegisterCustomer>(&change)) {
    CustomerAt(customer->customer.id) = {.live = true};
  } else if (const auto* erase = std::get_if<EraseCustomer>(&change)) {
    CustomerAt(erase->customer_id).erased = true;
    NoteErased(erase->customer_id);
  } else if (const auto* remove = std::get_if<DeleteCustomer>(&change)) {
    CustomerAt(remove->customer_id) = {};
    erased_without_orders_.erase(remove->customer_id);
  } else if (std::holds_alternative<PurgeOrder>(change)) {
    const LiveOrder order = closed_.top();  // purges take the oldest closed one
    closed_.pop();
    --CustomerAt(order.customer_id).orders;
    NoteErased(order.customer_id);
  }
}

}  // namespace storefront::seeder
