// The business events of profile CORE and how often each comes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::seeder {

// Positions are part of the generator's version: never renumber.
enum class EventKind : int8_t {
  kCheckout,
  kPaymentStep,
  kFulfilStep,
  kRestock,
  kPriceChange,
  kRegister,
  kProfileChange,
  kEraseCustomer,
  kPurgeOrder,
};
inline constexpr size_t kEventKinds = 9;

absl::string_view EventName(EventKind kind);
std::optional<EventKind> ParseEvent(absl::string_view name);

class EventMix {
 public:
  // The shipped weights.
  EventMix();

  // INVALID_ARGUMENT INVALID_FIELD with all paths `weights[…]`: unknown event, negative weight, all
  // zero. Events that are not named keep their shipped weight.
  static absl::StatusOr<EventMix> Make(const std::map<std::string, int32_t>& weights);

  // The event for random bits.
  EventKind Pick(uint64_t bits) const;

 private:
  void Sum();
  std::array<uint32_t, kEventKinds> weights_{};
  std::array<uint64_t, kEventKinds> upto_{};  // cumulative
};

}  // namespace storefront::seeder
