// How old the last probe of a pipeline may be while it still proves that changes arrive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"

namespace storefront::cli {

// `ready --follow` probes every 10 s and waits 15 s for an event: one missed probe is no alarm.
inline constexpr absl::Duration kProbeAgeMax = absl::Seconds(35);

}  // namespace storefront::cli
