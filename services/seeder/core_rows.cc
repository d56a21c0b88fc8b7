// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/core_rows.h"

#include <algorithm>
#include <charconv>

#include "services/seeder/dwell_time.h"
#include "services/seeder/permutation.h"
#include "services/seeder/row_digest.h"
#include "services/seeder/word_lists.h"

namespace storefront::seeder {
namespace {

// Raise with every change of code that changes a row.
constexpr absl::string_view kCodeVersion = "core-rows-1";

// Customers begin this long before the first order, so that each order finds one.
constexpr Micros kCustomerLead = 30 * kDay;

// Draws of a person's row. Each has its place for good.
enum PersonDraw : uint64_t { kLocale, kGiven, kFamily, kStreet, kTown, kNumber, kPersonTime };
enum ProductDraw : uint64_t { kCategory, kNoun, kAdjective, kMaterial, kPrice, kStock };
enum OrderDraw : uint64_t { kBuyer, kOrderTime, kLines, kToPaid, kToShipped, kToDelivered, kFate };

const Locale& PersonLocale(const CounterRng& rng, uint64_t row) {
  const auto& locales = Words().locales;
  return locales[Below(rng.At(row, kLocale), locales.size())];
}

template <typename T>
const T& Pick(const std::vector<T>& from, uint64_t bits) {
  return from[Below(bits, from.size())];
}

void SetAddress(const CounterRng& rng, uint64_t row, const Locale& locale, Customer& out) {
  char number[4];
  const auto digits = static_cast<size_t>(
      std::to_chars(number, number + sizeof(number), 1 + SkewedBelow(rng.At(row, kNumber), 220))
          .ptr -
      number);
  const std::string& street = Pick(locale.streets, rng.At(row, kStreet));
  if (locale.number_first) {
    out.address.assign(number, digits);
    out.address.push_back(' ');
    out.address.append(street);
  } else {
    out.address = street;
    out.address.push_back(' ');
    out.address.append(number, digits);
  }
  out.city = Pick(locale.towns, rng.At(row, kTown));
  out.country = locale.country;
}

}  // namespace

void MakeAddress(const CounterRng& rng, uint64_t row, Customer& out) {
  SetAddress(rng, row, PersonLocale(rng, row), out);
}

void MakePerson(const CounterRng& rng, uint64_t row, int32_t id, Customer& out) {
  const Locale& locale = PersonLocale(rng, row);
  const Name& given = Pick(locale.given_names, rng.At(row, kGiven));
  const Name& family = Pick(locale.family_names, rng.At(row, kFamily));
  out.id = id;
  const bool family_first = locale.code == "ja_JP";
  out.full_name = family_first ? family.shown : given.shown;
  out.full_name.push_back(' ');
  out.full_name.append(family_first ? given.shown : family.shown);
  out.email = given.mail;
  out.email.push_back('.');
  out.email.append(family.mail);
  out.email.push_back('.');
  AppendUniqueCode(static_cast<uint64_t>(id), out.email);
  out.email.push_back('@');
  out.email.append(locale.mail_domain);
  SetAddress(rng, row, locale, out);
}

absl::string_view PaymentMethod(uint64_t bits) { return Pick(Words().payment_methods, bits); }

int64_t RetailPrice(uint64_t bits, int64_t cents_min, int64_t cents_max) {
  static constexpr int64_t kEndings[] = {0, 49, 50, 90, 95, 99, 99, 99};
  const int64_t whole = (cents_min + static_cast<int64_t>(SkewedBelow(
                                         bits, static_cast<uint64_t>(cents_max - cents_min + 1)))) /
                        100 * 100;
  return whole + kEndings[Mix64(bits) >> 61];
}

CoreRows::CoreRows(const LoadShape& shape)
    : shape_(shape),
      customers_(shape.seed, Stream::kCustomer),
      products_(shape.seed, Stream::kProduct),
      orders_(shape.seed, Stream::kOrder),
      items_(shape.seed, Stream::kOrderItem),
      payments_(shape.seed, Stream::kPayment) {}

Micros CoreRows::SlotTime(Micros start, Micros span, int64_t row, int64_t rows,
                          uint64_t bits) const {
  __extension__ using Wide = __int128;
  const auto at = [&](int64_t n) {
    return static_cast<Micros>(static_cast<Wide>(span) * n / std::max<int64_t>(rows, 1));
  };
  const Micros from = at(row);
  return start + from + static_cast<Micros>(Below(bits, static_cast<uint64_t>(at(row + 1) - from)));
}

void CoreRows::MakeCustomer(int64_t row, Customer& out) const {
  const auto number = static_cast<uint64_t>(row);
  MakePerson(customers_, number, static_cast<int32_t>(shape_.first_customer_id + row), out);
  const Micros start = shape_.clock_start - shape_.history - kCustomerLead;
  out.created_at = SlotTime(start, shape_.history + kCustomerLead, row, shape_.customers,
                            customers_.At(number, kPersonTime));
  // With few customers a slot is long; the first must still be there for the first order.
  if (row == 0) out.created_at = start;
}

int64_t CoreRows::PriceCents(int64_t product_row) const {
  const auto number = static_cast<uint64_t>(product_row);
  const ProductWords& words = Pick(Words().products, products_.At(number, kCategory));
  return RetailPrice(products_.At(number, kPrice), words.cents_min, words.cents_max);
}

void CoreRows::MakeProduct(int64_t row, Product& out) const {
  const auto number = static_cast<uint64_t>(row);
  const ProductWords& words = Pick(Words().products, products_.At(number, kCategory));
  out.id = static_cast<int32_t>(shape_.first_product_id + row);
  out.name = Pick(Words().adjectives, products_.At(number, kAdjective));
  out.name.push_back(' ');
  out.name.append(Pick(Words().materials, products_.At(number, kMaterial)));
  out.name.push_back(' ');
  out.name.append(Pick(words.nouns, products_.At(number, kNoun)));
  out.category = words.category;
  out.price_cents = PriceCents(row);
  out.stock = static_cast<int32_t>(100 + Below(products_.At(number, kStock), 2'000));
  out.created_at = SlotTime(shape_.clock_start - shape_.history - 2 * kCustomerLead, kCustomerLead,
                            row, shape_.products, Mix64(number));
}

void CoreRows::MakeOrder(int64_t row, OrderRows& out) const {
  const auto number = static_cast<uint64_t>(row);
  const Micros start = shape_.clock_start - shape_.history;
  Order& order = out.order;
  order.id = static_cast<int32_t>(shape_.first_order_id + row);
  order.created_at =
      SlotTime(start, shape_.history, row, shape_.orders, orders_.At(number, kOrderTime));

  // Customers whose slot ended before the order: they exist by then.
  __extension__ using Wide = __int128;
  const int64_t known = std::max<int64_t>(
      1, static_cast<int64_t>(static_cast<Wide>(order.created_at - start + kCustomerLead) *
                              shape_.customers / (shape_.history + kCustomerLead)));
  order.customer_id = static_cast<int32_t>(
      shape_.first_customer_id +
      static_cast<int64_t>(SkewedBelow(orders_.At(number, kBuyer),
                                       static_cast<uint64_t>(std::min(known, shape_.customers)))));

  out.item_count = static_cast<int>(1 + (orders_.At(number, kLines) >> 62));
  order.total_cents = 0;
  for (int line = 0; line < out.item_count; ++line) {
    OrderItem& item = out.items[static_cast<size_t>(line)];
    const uint64_t bits = items_.At(number, static_cast<uint64_t>(line));
    const auto product =
        static_cast<int64_t>(SkewedBelow(bits, static_cast<uint64_t>(shape_.products)));
    item.id = 4 * (order.id - 1) + line + 1;
    item.order_id = order.id;
    item.product_id = static_cast<int32_t>(shape_.first_product_id + product);
    item.quantity = static_cast<int32_t>(1 + SkewedBelow(Mix64(bits), 5));
    item.price_cents = PriceCents(product);
    order.total_cents += item.quantity * item.price_cents;
  }

  Payment& payment = out.payment;
  payment.id = order.id;
  payment.order_id = order.id;
  payment.method = PaymentMethod(payments_.At(number));
  payment.amount_cents = order.total_cents;

  // The life of the order up to the clock's start.
  const Micros end = shape_.clock_start;
  const Micros shipped =
      order.created_at + DwellTime(orders_.At(number, kToShipped), kMedianToShipped);
  const Micros paid =
      std::min(shipped, order.created_at + DwellTime(orders_.At(number, kToPaid), kMedianToPaid));
  const bool ships = Below(orders_.At(number, kFate), 1000) < kShippedPermille;
  payment.status =
      paid < end && (ships || shipped >= end) ? PaymentStatus::kPaid : PaymentStatus::kPending;
  order.status = OrderStatus::kPending;
  if (shipped < end) {
    const Micros delivered =
        shipped + DwellTime(orders_.At(number, kToDelivered), kMedianToDelivered);
    order.status = !ships            ? OrderStatus::kCancelled
                   : delivered < end ? OrderStatus::kDelivered
                                     : OrderStatus::kShipped;
    if (!ships) payment.status = PaymentStatus::kFailed;
  }
  payment.paid_at.reset();
  if (payment.status == PaymentStatus::kPaid) payment.paid_at = paid;
}

int64_t CoreRows::CountItems(int64_t first, int64_t count) const {
  int64_t items = 0;
  for (int64_t row = first; row < first + count; ++row) {
    items += static_cast<int64_t>(1 + (orders_.At(static_cast<uint64_t>(row), kLines) >> 62));
  }
  return items;
}

std::string GeneratorVersion() {
  DigestSum sum;
  sum.Add(kCodeVersion);
  sum.Add(Words().digest);
  return sum.Hex();
}

}  // namespace storefront::seeder
