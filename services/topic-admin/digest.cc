// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/digest.h"

#include <openssl/sha.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace storefront::topics {

std::string DigestOf(absl::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash = {};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  constexpr size_t kShown = 16;
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), kShown));
}

Digest& Digest::Add(absl::string_view part) {
  absl::StrAppend(&bytes_, part.size(), ":", part);
  return *this;
}

Digest& Digest::Add(int64_t number) {
  absl::StrAppend(&bytes_, "#", number, ";");
  return *this;
}

std::string Digest::Hex() const { return DigestOf(bytes_); }

}  // namespace storefront::topics
