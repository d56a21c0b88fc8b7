// Pages of a list: page_size and page_token as AIP-158 has them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::grpcserver {

inline constexpr int32_t kDefaultPageSize = 50;
inline constexpr int32_t kMaxPageSize = 1000;

struct Page {
  size_t offset = 0;  // of the first item
  size_t size = 0;    // items at most
  std::string query;  // what the token belongs to

  // Empty when nothing follows; `total` is the length of the whole list now.
  std::string NextToken(size_t total) const;
};

// `query` is everything of the request that shapes the list (filter, order_by, parent): a token of
// another query is refused. page_size 0 gives 50, over 1000 gives 1000.
// INVALID_ARGUMENT INVALID_FIELD for a negative size or a token that is not ours.
absl::StatusOr<Page> ResolvePage(int32_t page_size, absl::string_view page_token,
                                 absl::string_view query);

}  // namespace storefront::grpcserver
