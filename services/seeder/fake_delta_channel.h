// DeltaChannel on a FakeStorefront that can lose either half of a commit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "libs/status/error.h"
#include "services/seeder/delta_channel.h"
#include "services/seeder/fake_storefront.h"

namespace storefront::seeder {

// What a cut of the connection takes with it.
enum class Loss {
  kReply,  // the batch is committed, its answer and all later ones are lost
  kSync,   // the batch and all later ones never arrive
};

class FakeDeltaChannel final : public DeltaChannel {
 public:
  explicit FakeDeltaChannel(FakeStorefront& storefront) : storefront_(storefront) {}

  // The connection breaks at the `sends`-th batch from now, counted from 1.
  void CutAt(int64_t sends, Loss loss) {
    cut_in_ = sends;
    loss_ = loss;
  }
  // The next so many connects fail.
  void RefuseConnects(int count) { refuse_ = count; }
  // Runs before the batch is applied.
  std::function<void(const Batch&)> before_apply;

  absl::Status Connect() override {
    answers_.clear();
    connected_ = refuse_-- <= 0;
    return connected_ ? absl::OkStatus() : Lost();
  }

  absl::Status Send(const Batch& batch) override {
    if (!connected_) return Lost();
    const bool cut = --cut_in_ == 0;
    if (cut && loss_ == Loss::kSync) {
      connected_ = false;
      // What was sent before is committed; whether its answers arrive is the network's choice.
      return Lost();
    }
    if (before_apply) before_apply(batch);
    answers_.push_back(Apply(batch));
    if (cut) {
      connected_ = false;
      answers_.clear();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<BatchResult>> Receive(clock::SteadyTime,
                                                     const std::stop_token&) override {
    if (!connected_) return Lost();
    if (answers_.empty()) return std::optional<BatchResult>();
    BatchResult answer = std::move(answers_.front());
    answers_.pop_front();
    return std::optional<BatchResult>(std::move(answer));
  }

  void Cancel() override {}

 private:
  static absl::Status Lost() {
    return status::Error({.code = absl::StatusCode::kUnavailable,
                          .reason = status::Reason::kBackendUnavailable,
                          .message = "the connection is lost"});
  }
  static BatchResult Failure(const char* sqlstate, absl::StatusCode code, const char* table) {
    return {.status = status::Error({.code = code,
                                     .reason = status::Reason::kInternalError,
                                     .message = "refused",
                                     .metadata = {{"sqlstate", sqlstate}}}),
            .table = table};
  }

  // All of the batch or nothing.
  BatchResult Apply(const Batch& batch) {
    if (storefront_.batches.contains({batch.run_id, batch.shard, batch.batch_no})) {
      return Failure("23505", absl::StatusCode::kAlreadyExists, "batch");
    }
    if (batch.batch_no > 1 &&
        !storefront_.batches.contains({batch.run_id, batch.shard, batch.batch_no - 1})) {
      return Failure(kCountMismatch, absl::StatusCode::kInternal, "batch");
    }
    FakeStorefront after = storefront_;
    after.batches[{batch.run_id, batch.shard, batch.batch_no}] = {.digest = batch.digest,
                                                                  .last_event = batch.last_event,
                                                                  .codes = batch.codes,
                                                                  .counts = batch.counts};
    for (const Change& change : batch.changes) {
      const char* refused = ApplyChange(after, change);
      if (refused != nullptr) return Failure(kCountMismatch, absl::StatusCode::kInternal, refused);
    }
    storefront_ = std::move(after);
    return {};
  }

  // The table whose rows are not as the change expects; null when it is applied.
  static const char* ApplyChange(FakeStorefront& to, const Change& change) {
    if (const auto* place = std::get_if<PlaceOrder>(&change)) {
      const Order& order = place->rows.order;
      const bool fresh =
          to.orders
              .emplace(order.id, FakeStorefront::OrderRow{order.customer_id, order.status,
                                                          place->rows.item_count, order.created_at})
              .second;
      return fresh && to.customers.contains(order.customer_id) ? nullptr : "orders";
    }
    if (const auto* stock = std::get_if<SetStock>(&change)) {
      for (const auto& entry : stock->entries) {
        if (!to.products.contains(entry.product_id)) return "products";
        to.products[entry.product_id].first = entry.stock;
      }
      return nullptr;
    }
    if (const auto* settle = std::get_if<SettlePayment>(&change)) {
      const auto it = to.orders.find(settle->payment_id);
      if (it == to.orders.end() || it->second.payment != PaymentStatus::kPending) return "payments";
      it->second.payment = settle->to;
      return nullptr;
    }
    if (const auto* move = std::get_if<MoveOrder>(&change)) {
      const auto it = to.orders.find(move->order_id);
      if (it == to.orders.end() || it->second.status != move->from) return "orders";
      it->second.status = move->to;
      return nullptr;
    }
    if (const auto* price = std::get_if<SetPrice>(&change)) {
      if (!to.products.contains(price->product_id)) return "products";
      to.products[price->product_id].second = price->price_cents;
      return nullptr;
    }
    if (const auto* customer = std::get_if<RegisterCustomer>(&change)) {
      return to.customers.emplace(customer->customer.id, FakeStorefront::CustomerRow{}).second
                 ? nullptr
                 : "customers";
    }
    if (const auto* moved = std::get_if<MoveCustomer>(&change)) {
      if (!to.customers.contains(moved->customer_id)) return "customers";
      to.customers[moved->customer_id].address = moved->address;
      return nullptr;
    }
    if (const auto* erase = std::get_if<EraseCustomer>(&change)) {
      if (!to.customers.contains(erase->customer_id)) return "customers";
      to.customers[erase->customer_id].erased = true;
      return nullptr;
    }
    if (const auto* remove = std::get_if<DeleteCustomer>(&change)) {
      return to.customers.erase(remove->customer_id) == 1 ? nullptr : "customers";
    }
    const auto& purge = std::get<PurgeOrder>(change);
    const auto it = to.orders.find(purge.order_id);
    if (it == to.orders.end() || it->second.items != purge.items) return "order_items";
    to.orders.erase(it);
    return nullptr;
  }

  FakeStorefront& storefront_;
  std::deque<BatchResult> answers_;
  bool connected_ = false;
  int refuse_ = 0;
  int64_t cut_in_ = 0;
  Loss loss_ = Loss::kReply;
};

}  // namespace storefront::seeder
