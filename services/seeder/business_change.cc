// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/business_change.h"

#include <map>

#include "services/seeder/copy_encoder.h"

namespace storefront::seeder {
namespace {

// Effects and parameters of each kind of change.
class Sealer {
 public:
  std::map<int16_t, int32_t> counts;
  std::string parameters;

  void operator()(const PlaceOrder& change) {
    Count(Table::kOrders, Operation::kInsert, 1);
    Count(Table::kOrderItems, Operation::kInsert, change.rows.item_count);
    Count(Table::kPayments, Operation::kInsert, 1);
    CopyEncoder encoder(parameters);
    encoder.Row(change.rows.order);
    for (int line = 0; line < change.rows.item_count; ++line) {
      encoder.Row(change.rows.items[static_cast<size_t>(line)]);
    }
    encoder.Row(change.rows.payment);
  }
  void operator()(const SetStock& change) {
    Count(Table::kProducts, Operation::kUpdate, static_cast<int32_t>(change.entries.size()));
    for (const SetStock::Entry& entry : change.entries) Put(entry.product_id, entry.stock);
  }
  void operator()(const SettlePayment& change) {
    Count(Table::kPayments, Operation::kUpdate, 1);
    Put(change.payment_id, static_cast<int32_t>(change.to));
    AppendInt64(change.paid_at.value_or(-1), parameters);
  }
  void operator()(const MoveOrder& change) {
    Count(Table::kOrders, Operation::kUpdate, 1);
    Put(change.order_id, static_cast<int32_t>(change.to));
  }
  void operator()(const SetPrice& change) {
    Count(Table::kProducts, Operation::kUpdate, 1);
    AppendInt32(change.product_id, parameters);
    AppendInt64(change.price_cents, parameters);
  }
  void operator()(const RegisterCustomer& change) {
    Count(Table::kCustomers, Operation::kInsert, 1);
    CopyEncoder(parameters).Row(change.customer);
  }
  void operator()(const MoveCustomer& change) {
    Count(Table::kCustomers, Operation::kUpdate, 1);
    AppendInt32(change.customer_id, parameters);
    for (const std::string* text : {&change.address, &change.city, &change.country}) Put(*text);
  }
  void operator()(const EraseCustomer& change) {
    Count(Table::kCustomers, Operation::kUpdate, 1);
    AppendInt32(change.customer_id, parameters);
    for (const std::string* text : {&change.full_name, &change.email}) Put(*text);
  }
  void operator()(const DeleteCustomer& change) {
    Count(Table::kCustomers, Operation::kDelete, 1);
    AppendInt32(change.customer_id, parameters);
  }
  void operator()(const PurgeOrder& change) {
    Count(Table::kPayments, Operation::kDelete, change.payments);
    Count(Table::kOrderItems, Operation::kDelete, change.items);
    Count(Table::kOrders, Operation::kDelete, 1);
    AppendInt32(change.order_id, parameters);
  }

 private:
  void Count(Table table, Operation operation, int32_t rows) {
    if (rows > 0) counts[LedgerCode(table, operation)] += rows;
  }
  void Put(int32_t a, int32_t b) {
    AppendInt32(a, parameters);
    AppendInt32(b, parameters);
  }
  void Put(const std::string& text) {
    AppendInt32(static_cast<int32_t>(text.size()), parameters);
    parameters += text;
  }
};

}  // namespace

void Seal(Batch& batch) {
  Sealer sealer;
  AppendInt64(batch.first_event, sealer.parameters);
  AppendInt64(batch.last_event, sealer.parameters);
  for (const Change& change : batch.changes) {
    sealer.parameters.push_back(static_cast<char>(change.index()));
    std::visit(sealer, change);
  }
  batch.codes.clear();
  batch.counts.clear();
  for (const auto& [code, rows] : sealer.counts) {
    batch.codes.push_back(code);
    batch.counts.push_back(rows);
  }
  DigestSum digest;
  digest.Add(sealer.parameters);
  batch.digest = digest.Bytes();
}

}  // namespace storefront::seeder
