// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/load_plan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "services/seeder/copy_encoder.h"

namespace storefront::seeder {
namespace {

constexpr int64_t kCustomersAtScale1 = 10'000;
constexpr int64_t kProductsAtScale1 = 2'000;
constexpr int64_t kOrdersAtScale1 = 20'000;

TableLoad Cut(Table table, int level, int64_t units, int64_t first_id, int64_t chunk_rows) {
  TableLoad load = {.table = table, .level = level, .rows = units, .first_id = first_id};
  for (int64_t first = 0; first < units; first += chunk_rows) {
    const int64_t size = std::min(chunk_rows, units - first);
    load.chunks.push_back({.table = table,
                           .chunk_no = static_cast<int32_t>(load.chunks.size()),
                           .first = first,
                           .units = size,
                           .rows = size});
  }
  return load;
}

}  // namespace

int64_t LoadPlan::rows() const {
  int64_t sum = 0;
  for (const TableLoad& table : tables) sum += table.rows;
  return sum;
}

int64_t LoadPlan::chunks() const {
  int64_t sum = 0;
  for (const TableLoad& table : tables) sum += static_cast<int64_t>(table.chunks.size());
  return sum;
}

absl::StatusOr<LoadPlan> PlanLoad(const FullLoadParameters& parameters, const FirstIds& first,
                                  int64_t rows_max) {
  std::vector<status::FieldViolation> wrong;
  if (!(parameters.scale > 0) || parameters.scale > 10'000) {
    wrong.push_back({"scale", "must be above 0 and at most 10000"});
  }
  for (const auto& [table, rows] : parameters.rows) {
    const std::string field = absl::StrCat("rows[", TableName(table), "]");
    if (table == Table::kOrderItems || table == Table::kPayments) {
      wrong.push_back({field, "follows from the orders; set rows[orders] instead"});
    } else if (rows < 0) {
      wrong.push_back({field, "must not be negative"});
    }
  }
  if (!wrong.empty()) return status::InvalidFields(std::move(wrong));

  const auto count = [&](Table table, int64_t at_scale_1) {
    const auto it = parameters.rows.find(table);
    if (it != parameters.rows.end()) return it->second;
    return static_cast<int64_t>(std::ceil(parameters.scale * static_cast<double>(at_scale_1)));
  };
  LoadPlan plan;
  plan.shape.seed = parameters.seed;
  plan.shape.customers = count(Table::kCustomers, kCustomersAtScale1);
  plan.shape.products = count(Table::kProducts, kProductsAtScale1);
  plan.shape.orders = count(Table::kOrders, kOrdersAtScale1);

  const auto check = [&](Table table, int64_t first_id, int64_t rows, int64_t max_id) {
    if (rows > max_id - first_id + 1) {
      wrong.push_back(
          {absl::StrCat("rows[", TableName(table), "]"),
           absl::StrCat(rows, " rows from id ", first_id, " on pass the largest id, ", max_id)});
    }
  };
  check(Table::kCustomers, first.customer, plan.shape.customers, kMaxId);
  check(Table::kProducts, first.product, plan.shape.products, kMaxId);
  check(Table::kOrders, first.order, plan.shape.orders, kMaxOrderId);
  if (plan.shape.orders > 0 && plan.shape.customers == 0) {
    wrong.push_back({"rows[customers]", "must be at least 1 when there are orders"});
  }
  if (plan.shape.orders > 0 && plan.shape.products == 0) {
    wrong.push_back({"rows[products]", "must be at least 1 when there are orders"});
  }
  if (!wrong.empty()) return status::InvalidFields(std::move(wrong));

  // Before the items are counted: 3.5 rows hang on an order, itself included.
  const double estimate = static_cast<double>(plan.shape.customers) +
                          static_cast<double>(plan.shape.products) +
                          4.5 * static_cast<double>(plan.shape.orders);
  if (estimate > static_cast<double>(rows_max)) {
    return status::Error(
        {.code = absl::StatusCode::kResourceExhausted,
         .reason = status::Reason::kLimitExceeded,
         .message = absl::StrCat("the load would write about ", static_cast<int64_t>(estimate),
                                 " rows; max_rows_per_run allows ", rows_max,
                                 ". Ask for less, or raise the setting."),
         .metadata = {{"setting", "max_rows_per_run"}}});
  }

  plan.shape.first_customer_id = static_cast<int32_t>(first.customer);
  plan.shape.first_product_id = static_cast<int32_t>(first.product);
  plan.shape.first_order_id = static_cast<int32_t>(first.order);
  const int64_t chunk_rows = parameters.chunk_rows;
  plan.tables.push_back(
      Cut(Table::kCustomers, 0, plan.shape.customers, first.customer, chunk_rows));
  plan.tables.push_back(Cut(Table::kProducts, 0, plan.shape.products, first.product, chunk_rows));
  plan.tables.push_back(Cut(Table::kOrders, 1, plan.shape.orders, first.order, chunk_rows));
  TableLoad items = Cut(Table::kOrderItems, 2, plan.shape.orders, 4 * (first.order - 1) + 1,
                        std::max<int64_t>(1, chunk_rows * 2 / 5));
  const CoreRows rows(plan.shape);
  items.rows = 0;
  for (Chunk& chunk : items.chunks) {
    chunk.rows = rows.CountItems(chunk.first, chunk.units);
    items.rows += chunk.rows;
  }
  plan.tables.push_back(std::move(items));
  plan.tables.push_back(Cut(Table::kPayments, 2, plan.shape.orders, first.order, chunk_rows));
  return plan;
}

bool ChunkSource::Next(size_t slab_bytes, std::string& slab) {
  slab.clear();
  if (ended_) return false;
  CopyEncoder encoder(slab);
  if (at_ == 0) encoder.Header();
  Customer customer;
  Product product;
  OrderRows order;
  for (; at_ < chunk_.units && slab.size() < slab_bytes; ++at_) {
    const int64_t row = chunk_.first + at_;
    switch (chunk_.table) {
      case Table::kCustomers:
        rows_.MakeCustomer(row, customer);
        encoder.Row(customer);
        break;
      case Table::kProducts:
        rows_.MakeProduct(row, product);
        encoder.Row(product);
        break;
      case Table::kOrders:
        rows_.MakeOrder(row, order);
        encoder.Row(order.order);
        break;
      case Table::kOrderItems:
        rows_.MakeOrder(row, order);
        for (int line = 0; line < order.item_count; ++line) {
          encoder.Row(order.items[static_cast<size_t>(line)]);
        }
        break;
      case Table::kPayments:
        rows_.MakeOrder(row, order);
        encoder.Row(order.payment);
        break;
    }
  }
  if (at_ == chunk_.units) {
    encoder.Trailer();
    ended_ = true;
  }
  sent_rows_ += encoder.rows();
  digest_.Merge(encoder.digest());
  bytes_ += static_cast<int64_t>(slab.size());
  return true;
}

}  // namespace storefront::seeder
