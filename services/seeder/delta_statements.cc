// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/delta_statements.h"

#include "services/seeder/copy_encoder.h"

namespace storefront::seeder {
namespace {

constexpr char kLedger[] = "batch";
constexpr char kPlaceOrder[] = "place_order";
constexpr char kSetStock[] = "set_stock";
constexpr char kSettlePayment[] = "settle_payment";
constexpr char kMoveOrder[] = "move_order";
constexpr char kSetPrice[] = "set_price";
constexpr char kRegisterCustomer[] = "register_customer";
constexpr char kMoveCustomer[] = "move_customer";
constexpr char kEraseCustomer[] = "erase_customer";
constexpr char kDeleteCustomer[] = "delete_customer";
constexpr char kPurgeOrder[] = "purge_order";

// Object ids of built-in types.
constexpr int32_t kInt2Oid = 21, kInt4Oid = 23, kNumericOid = 1700;

// One-dimensional array without nulls.
void ArrayHeader(int32_t element_oid, size_t size, std::string& out) {
  AppendInt32(1, out);  // dimensions
  AppendInt32(0, out);  // no nulls
  AppendInt32(element_oid, out);
  AppendInt32(static_cast<int32_t>(size), out);
  AppendInt32(1, out);  // lower bound
}

struct Filler {
  BinaryParameters& to;

  const char* operator()(const PlaceOrder& change) const {
    const Order& order = change.rows.order;
    const Payment& payment = change.rows.payment;
    std::vector<int32_t> ids, products, quantities;
    std::vector<int64_t> prices;
    for (int line = 0; line < change.rows.item_count; ++line) {
      const OrderItem& item = change.rows.items[static_cast<size_t>(line)];
      ids.push_back(item.id);
      products.push_back(item.product_id);
      quantities.push_back(item.quantity);
      prices.push_back(item.price_cents);
    }
    to.Int4(order.id);
    to.Int4(order.customer_id);
    to.Text(OrderStatusName(order.status));
    to.Numeric(order.total_cents);
    to.Timestamp(order.created_at);
    to.Int4Array(ids);
    to.Int4Array(products);
    to.Int4Array(quantities);
    to.NumericArray(prices);
    to.Int4(payment.id);
    to.Text(payment.method);
    to.Text(PaymentStatusName(payment.status));
    to.Int8(change.rows.item_count);
    return kPlaceOrder;
  }
  const char* operator()(const SetStock& change) const {
    std::vector<int32_t> ids, stocks;
    for (const SetStock::Entry& entry : change.entries) {
      ids.push_back(entry.product_id);
      stocks.push_back(entry.stock);
    }
    to.Int4Array(ids);
    to.Int4Array(stocks);
    to.Int8(static_cast<int64_t>(ids.size()));
    return kSetStock;
  }
  const char* operator()(const SettlePayment& change) const {
    to.Int4(change.payment_id);
    to.Text(PaymentStatusName(change.to));
    if (change.paid_at) {
      to.Timestamp(*change.paid_at);
    } else {
      to.Null();
    }
    return kSettlePayment;
  }
  const char* operator()(const MoveOrder& change) const {
    to.Int4(change.order_id);
    to.Text(OrderStatusName(change.to));
    to.Text(OrderStatusName(change.from));
    return kMoveOrder;
  }
  const char* operator()(const SetPrice& change) const {
    to.Int4(change.product_id);
    to.Numeric(change.price_cents);
    return kSetPrice;
  }
  const char* operator()(const RegisterCustomer& change) const {
    const Customer& customer = change.customer;
    to.Int4(customer.id);
    for (const std::string* text : {&customer.full_name, &customer.email, &customer.address,
                                    &customer.city, &customer.country}) {
      to.Text(*text);
    }
    to.Timestamp(customer.created_at);
    return kRegisterCustomer;
  }
  const char* operator()(const MoveCustomer& change) const {
    to.Int4(change.customer_id);
    for (const std::string* text : {&change.address, &change.city, &change.country}) {
      to.Text(*text);
    }
    return kMoveCustomer;
  }
  const char* operator()(const EraseCustomer& change) const {
    to.Int4(change.customer_id);
    to.Text(change.full_name);
    to.Text(change.email);
    return kEraseCustomer;
  }
  const char* operator()(const DeleteCustomer& change) const {
    to.Int4(change.customer_id);
    return kDeleteCustomer;
  }
  const char* operator()(const PurgeOrder& change) const {
    to.Int4(change.order_id);
    to.Int8(change.payments);
    to.Int8(change.items);
    return kPurgeOrder;
  }
};

}  // namespace

// Each statement counts what it touched and compares that with what the ledger row says. Rows are
// written in the order in which the counts are read: parents first, on deletes last.
const std::vector<Statement>& DeltaStatements() {
  static const auto* const statements = new std::vector<Statement>{
      // The row goes in only after the one before: the chain that stops what was planned behind a
      // failed batch.
      {kLedger,
       "WITH c AS (INSERT INTO seeder.batch "
       "(run_id, shard, batch_no, first_event, last_event, codes, counts, digest) "
       "SELECT $1::int8, $2::int2, $3::int8, $4::int8, $5::int8, $6::int2[], $7::int4[], $8::bytea "
       "WHERE $3::int8 = 1 OR EXISTS (SELECT FROM seeder.batch b WHERE b.run_id = $1 "
       "AND b.shard = $2 AND b.batch_no = $3 - 1) RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'batch')"},
      {kPlaceOrder,
       "WITH o AS (INSERT INTO orders (id, customer_id, status, total, created_at) "
       "VALUES ($1::int4, $2::int4, $3::text, $4::numeric, $5::timestamp) RETURNING 1), "
       "i AS (INSERT INTO order_items (id, order_id, product_id, quantity, price_at_purchase) "
       "SELECT v.id, $1::int4, v.product_id, v.quantity, v.price FROM "
       "unnest($6::int4[], $7::int4[], $8::int4[], $9::numeric[]) "
       "AS v(id, product_id, quantity, price) RETURNING 1), "
       "p AS (INSERT INTO payments (id, order_id, payment_method, paid_at, amount, status) "
       "VALUES ($10::int4, $1::int4, $11::text, NULL, $4::numeric, $12::text) RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM o), 1, 'orders'), "
       "seeder.assert_count((SELECT count(*) FROM i), $13::int8, 'order_items'), "
       "seeder.assert_count((SELECT count(*) FROM p), 1, 'payments')"},
      {kSetStock,
       "WITH c AS (UPDATE products SET stock_quantity = v.stock FROM "
       "unnest($1::int4[], $2::int4[]) AS v(id, stock) WHERE products.id = v.id RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), $3::int8, 'products')"},
      {kSettlePayment,
       "WITH c AS (UPDATE payments SET status = $2::text, paid_at = $3::timestamp "
       "WHERE id = $1::int4 AND status = 'pending' RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'payments')"},
      {kMoveOrder,
       "WITH c AS (UPDATE orders SET status = $2::text WHERE id = $1::int4 AND status = $3::text "
       "RETURNING 1) SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'orders')"},
      {kSetPrice,
       "WITH c AS (UPDATE products SET price = $2::numeric WHERE id = $1::int4 RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'products')"},
      {kRegisterCustomer,
       "WITH c AS (INSERT INTO customers (id, full_name, email, address, city, country, created_at)"
       " VALUES ($1::int4, $2::text, $3::text, $4::text, $5::text, $6::text, $7::timestamp) "
       "RETURNING 1) SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'customers')"},
      {kMoveCustomer,
       "WITH c AS (UPDATE customers SET address = $2::text, city = $3::text, country = $4::text "
       "WHERE id = $1::int4 RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'customers')"},
      {kEraseCustomer,
       "WITH c AS (UPDATE customers SET full_name = $2::text, email = $3::text, address = NULL, "
       "city = NULL, country = NULL WHERE id = $1::int4 RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'customers')"},
      {kDeleteCustomer,
       "WITH c AS (DELETE FROM customers WHERE id = $1::int4 RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM c), 1, 'customers')"},
      {kPurgeOrder,
       "WITH p AS (DELETE FROM payments WHERE order_id = $1::int4 RETURNING 1), "
       "i AS (DELETE FROM order_items WHERE order_id = $1::int4 RETURNING 1), "
       "o AS (DELETE FROM orders WHERE id = $1::int4 RETURNING 1) "
       "SELECT seeder.assert_count((SELECT count(*) FROM p), $2::int8, 'payments'), "
       "seeder.assert_count((SELECT count(*) FROM i), $3::int8, 'order_items'), "
       "seeder.assert_count((SELECT count(*) FROM o), 1, 'orders')"},
  };
  return *statements;
}

void BinaryParameters::Int2(int16_t value) {
  const size_t start = bytes_.size();
  AppendInt16(value, bytes_);
  Close(start);
}
void BinaryParameters::Int4(int32_t value) {
  const size_t start = bytes_.size();
  AppendInt32(value, bytes_);
  Close(start);
}
void BinaryParameters::Int8(int64_t value) {
  const size_t start = bytes_.size();
  AppendInt64(value, bytes_);
  Close(start);
}
void BinaryParameters::Text(absl::string_view value) {
  const size_t start = bytes_.size();
  bytes_.append(value.data(), value.size());
  Close(start);
}
void BinaryParameters::Timestamp(Micros value) { Int8(value - kPostgresEpoch); }
void BinaryParameters::Numeric(int64_t cents) {
  const size_t start = bytes_.size();
  AppendNumeric(cents, bytes_);
  Close(start);
}
void BinaryParameters::Null() { ends_.push_back({.null = true}); }

void BinaryParameters::Int2Array(const std::vector<int16_t>& values) {
  const size_t start = bytes_.size();
  ArrayHeader(kInt2Oid, values.size(), bytes_);
  for (const int16_t value : values) {
    AppendInt32(2, bytes_);
    AppendInt16(value, bytes_);
  }
  Close(start);
}
void BinaryParameters::Int4Array(const std::vector<int32_t>& values) {
  const size_t start = bytes_.size();
  ArrayHeader(kInt4Oid, values.size(), bytes_);
  for (const int32_t value : values) {
    AppendInt32(4, bytes_);
    AppendInt32(value, bytes_);
  }
  Close(start);
}
void BinaryParameters::NumericArray(const std::vector<int64_t>& cents) {
  const size_t start = bytes_.size();
  ArrayHeader(kNumericOid, cents.size(), bytes_);
  for (const int64_t value : cents) {
    const size_t length_at = bytes_.size();
    AppendInt32(0, bytes_);
    AppendNumeric(value, bytes_);
    bytes_[length_at + 3] = static_cast<char>(bytes_.size() - length_at - 4);
  }
  Close(start);
}

void BinaryParameters::Fill(std::vector<const char*>& values, std::vector<int>& lengths) const {
  values.clear();
  lengths.clear();
  for (const End& end : ends_) {
    values.push_back(end.null ? nullptr : bytes_.data() + end.start);
    lengths.push_back(static_cast<int>(end.end - end.start));
  }
}

const char* LedgerParameters(const Batch& batch, BinaryParameters& parameters) {
  parameters.Clear();
  parameters.Int8(batch.run_id);
  parameters.Int2(batch.shard);
  parameters.Int8(batch.batch_no);
  parameters.Int8(batch.first_event);
  parameters.Int8(batch.last_event);
  parameters.Int2Array(batch.codes);
  parameters.Int4Array(batch.counts);
  parameters.Bytes(batch.digest);
  return kLedger;
}

const char* ChangeParameters(const Change& change, BinaryParameters& parameters) {
  parameters.Clear();
  return std::visit(Filler{parameters}, change);
}

}  // namespace storefront::seeder
