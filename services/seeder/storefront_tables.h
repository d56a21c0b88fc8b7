// The storefront's tables, profile CORE, as values: what a row holds, in the order of its columns.
// Source: migrations/V1__create_storefront_schema.sql.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::seeder {

// Numbers are in the ledger: never renumber.
enum class Table : int16_t { kCustomers = 1, kProducts, kOrders, kOrderItems, kPayments };
inline constexpr std::array kTables = {Table::kCustomers, Table::kProducts, Table::kOrders,
                                       Table::kOrderItems, Table::kPayments};

enum class Operation : int16_t { kInsert = 0, kUpdate = 1, kDelete = 2, kKeyChange = 3 };

// Code of a table's operation in the ledger.
constexpr int16_t LedgerCode(Table table, Operation operation) {
  return static_cast<int16_t>(static_cast<int16_t>(table) * 4 + static_cast<int16_t>(operation));
}

absl::string_view TableName(Table table);
std::optional<Table> ParseTable(absl::string_view name);

struct Column {
  absl::string_view name;
  absl::string_view type;  // pg_type.typname: int4, text, numeric, timestamp
};
const std::vector<Column>& Columns(Table table);
// "id, full_name, …": every column, in order.
std::string ColumnList(Table table);

struct ForeignKey {
  Table child;
  absl::string_view column;
  Table parent;
};
const std::vector<ForeignKey>& ForeignKeys();

// Largest order id for which the item ids 4 * (order - 1) + line fit int4.
inline constexpr int64_t kMaxOrderId = 536'000'000;
inline constexpr int64_t kMaxId = 2'147'000'000;
inline constexpr int kMaxLines = 4;

// Times are microseconds since 1970, UTC.
using Micros = int64_t;
inline constexpr Micros kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                        kDay = 24 * kHour;

struct Customer {
  int32_t id = 0;
  std::string full_name, email, address, city, country;
  Micros created_at = 0;
};

struct Product {
  int32_t id = 0;
  std::string name;
  absl::string_view category;
  int64_t price_cents = 0;
  int32_t stock = 0;
  Micros created_at = 0;
};

enum class OrderStatus : int8_t { kPending, kShipped, kDelivered, kCancelled };
absl::string_view OrderStatusName(OrderStatus status);
std::optional<OrderStatus> ParseOrderStatus(absl::string_view name);

enum class PaymentStatus : int8_t { kPending, kPaid, kFailed };
absl::string_view PaymentStatusName(PaymentStatus status);
std::optional<PaymentStatus> ParsePaymentStatus(absl::string_view name);

struct OrderItem {
  int32_t id = 0, order_id = 0, product_id = 0, quantity = 0;
  int64_t price_cents = 0;
};

struct Order {
  int32_t id = 0, customer_id = 0;
  OrderStatus status = OrderStatus::kPending;
  int64_t total_cents = 0;
  Micros created_at = 0;
};

struct Payment {
  int32_t id = 0, order_id = 0;
  absl::string_view method;
  std::optional<Micros> paid_at;
  int64_t amount_cents = 0;
  PaymentStatus status = PaymentStatus::kPending;
};

}  // namespace storefront::seeder
