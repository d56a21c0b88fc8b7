// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/paging.h"

#include <openssl/sha.h>

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"

namespace storefront::grpcserver {
namespace {

// Enough of a digest to tell queries apart; a token is no secret.
std::string QueryMark(absl::string_view query) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(query.data()), query.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), 8));
}

}  // namespace

std::string Page::NextToken(size_t total) const {
  if (offset + size >= total) return "";
  return absl::WebSafeBase64Escape(absl::StrCat(offset + size, ":", QueryMark(query)));
}

absl::StatusOr<Page> ResolvePage(int32_t page_size, absl::string_view page_token,
                                 absl::string_view query) {
  if (page_size < 0) return status::InvalidField("page_size", "is negative; 0 gives the default");
  Page page;
  page.size =
      static_cast<size_t>(page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize));
  page.query = std::string(query);
  if (page_token.empty()) return page;
  std::string text;
  std::vector<std::string> parts;
  if (absl::WebSafeBase64Unescape(page_token, &text)) parts = absl::StrSplit(text, ':');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &page.offset) ||
      parts[1] != QueryMark(query)) {
    return status::InvalidField("page_token",
                                "is not a next_page_token of this list with this filter and order");
  }
  return page;
}

}  // namespace storefront::grpcserver
