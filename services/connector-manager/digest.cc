// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace storefront::connectors {

std::string Sha256Hex(absl::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), length));
}

std::string KeyedDigest(absl::string_view key, absl::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(value.data()), value.size(), digest.data(), &length);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), length));
}

void AppendForDigest(absl::string_view part, std::string& bytes) {
  absl::StrAppend(&bytes, part.size(), ":", part);
}

std::string DigestOf(const ConnectorConfig& config) {
  std::string bytes;
  for (const auto& [key, value] : config) {
    AppendForDigest(key, bytes);
    AppendForDigest(value, bytes);
  }
  return Sha256Hex(bytes);
}

}  // namespace storefront::connectors
