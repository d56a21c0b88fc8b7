// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/storefront_tables.h"

#include "absl/strings/str_join.h"

namespace storefront::seeder {
namespace {

// Position is the enumerator's number.
constexpr absl::string_view kTableNames[] = {"",       "customers",   "products",
                                             "orders", "order_items", "payments"};
constexpr absl::string_view kOrderStatuses[] = {"pending", "shipped", "delivered", "cancelled"};
constexpr absl::string_view kPaymentStatuses[] = {"pending", "paid", "failed"};

template <typename Enum, size_t n>
std::optional<Enum> Find(const absl::string_view (&names)[n], absl::string_view name, size_t from) {
  for (size_t i = from; i < n; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

absl::string_view TableName(Table table) { return kTableNames[static_cast<size_t>(table)]; }
std::optional<Table> ParseTable(absl::string_view name) {
  return Find<Table>(kTableNames, name, 1);
}

const std::vector<Column>& Columns(Table table) {
  static const auto* const columns = new std::vector<std::vector<Column>>{
      {},
      {{"id", "int4"},
       {"full_name", "text"},
       {"email", "text"},
       {"address", "text"},
       {"city", "text"},
       {"country", "text"},
       {"created_at", "timestamp"}},
      {{"id", "int4"},
       {"name", "text"},
       {"category", "text"},
       {"price", "numeric"},
       {"stock_quantity", "int4"},
       {"created_at", "timestamp"}},
      {{"id", "int4"},
       {"customer_id", "int4"},
       {"status", "text"},
       {"total", "numeric"},
       {"created_at", "timestamp"}},
      {{"id", "int4"},
       {"order_id", "int4"},
       {"product_id", "int4"},
       {"quantity", "int4"},
       {"price_at_purchase", "numeric"}},
      {{"id", "int4"},
       {"order_id", "int4"},
       {"payment_method", "text"},
       {"paid_at", "timestamp"},
       {"amount", "numeric"},
       {"status", "text"}},
  };
  return (*columns)[static_cast<size_t>(table)];
}

std::string ColumnList(Table table) {
  return absl::StrJoin(Columns(table), ", ", [](std::string* out, const Column& column) {
    out->append(column.name.data(), column.name.size());
  });
}

const std::vector<ForeignKey>& ForeignKeys() {
  static const auto* const keys = new std::vector<ForeignKey>{
      {Table::kOrders, "customer_id", Table::kCustomers},
      {Table::kOrderItems, "order_id", Table::kOrders},
      {Table::kOrderItems, "product_id", Table::kProducts},
      {Table::kPayments, "order_id", Table::kOrders},
  };
  return *keys;
}

absl::string_view OrderStatusName(OrderStatus status) {
  return kOrderStatuses[static_cast<size_t>(status)];
}
std::optional<OrderStatus> ParseOrderStatus(absl::string_view name) {
  return Find<OrderStatus>(kOrderStatuses, name, 0);
}
absl::string_view PaymentStatusName(PaymentStatus status) {
  return kPaymentStatuses[static_cast<size_t>(status)];
}
std::optional<PaymentStatus> ParsePaymentStatus(absl::string_view name) {
  return Find<PaymentStatus>(kPaymentStatuses, name, 0);
}

}  // namespace storefront::seeder
