// SPDX-License-Identifier: Apache-2.0
#include "services/seeder/event_mix.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "services/seeder/counter_rng.h"

namespace storefront::seeder {
namespace {

struct Row {
  absl::string_view name;
  uint32_t weight;
};
// An order brings one payment step and two fulfilment steps, hence their weights.
constexpr std::array<Row, kEventKinds> kRows = {{
    {"checkout", 130},
    {"payment_step", 140},
    {"fulfil_step", 270},
    {"restock", 40},
    {"price_change", 60},
    {"register", 60},
    {"profile_change", 80},
    {"erase_customer", 10},
    {"purge_order", 60},
}};

}  // namespace

absl::string_view EventName(EventKind kind) { return kRows[static_cast<size_t>(kind)].name; }

std::optional<EventKind> ParseEvent(absl::string_view name) {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<EventKind>(i);
  }
  return std::nullopt;
}

EventMix::EventMix() {
  for (size_t i = 0; i < kRows.size(); ++i) weights_[i] = kRows[i].weight;
  Sum();
}

absl::StatusOr<EventMix> EventMix::Make(const std::map<std::string, int32_t>& weights) {
  EventMix mix;
  std::vector<status::FieldViolation> wrong;
  for (const auto& [name, weight] : weights) {
    const std::string field = absl::StrCat("weights[", name, "]");
    const std::optional<EventKind> kind = ParseEvent(name);
    if (!kind) {
      wrong.push_back({field, "is not an event of profile CORE"});
    } else if (weight < 0) {
      wrong.push_back({field, "must not be negative"});
    } else {
      mix.weights_[static_cast<size_t>(*kind)] = static_cast<uint32_t>(weight);
    }
  }
  mix.Sum();
  if (wrong.empty() && mix.upto_.back() == 0) {
    wrong.push_back({"weights", "at least one must be above 0"});
  }
  if (!wrong.empty()) return status::InvalidFields(std::move(wrong));
  return mix;
}

void EventMix::Sum() {
  uint64_t sum = 0;
  for (size_t i = 0; i < kEventKinds; ++i) upto_[i] = sum += weights_[i];
}

EventKind EventMix::Pick(uint64_t bits) const {
  const uint64_t at = Below(bits, upto_.back());
  size_t i = 0;
  while (at >= upto_[i]) ++i;
  return static_cast<EventKind>(i);
}

}  // namespace storefront::seeder
