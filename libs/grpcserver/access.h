// Who calls, and whether they may: tokens with roles, or nobody asked on loopback.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storefront/options/v1/options.pb.h"

namespace storefront::grpcserver {

using Access = storefront::options::v1::Access;

// Thread-safety: const after it is made.
class AccessPolicy {
 public:
  // auth_mode none: everybody is "anonymous" and may do all.
  static AccessPolicy Open() { return AccessPolicy({}, /*open=*/true); }

  // auth_mode token: lines `name:role:sha256hex` (role viewer, operator or admin), `#` comments.
  // INVALID_ARGUMENT INVALID_SETTING names each bad line.
  static absl::StatusOr<AccessPolicy> FromTokenLines(absl::string_view text);

  // The same from a file that nobody else may read.
  static absl::StatusOr<AccessPolicy> FromTokenFile(const std::string& path);

  // The caller's name. `authorization` is the metadata value ("Bearer …"), "" if there was none.
  // UNAUTHENTICATED TOKEN_REQUIRED; PERMISSION_DENIED ROLE_TOO_LOW with metadata `required`.
  // Compares against every line in constant time, so that timing tells nothing.
  absl::StatusOr<std::string> Check(absl::string_view authorization, Access needed) const;

 private:
  struct Token {
    std::string name;
    Access highest;
    std::string digest;  // 32 bytes
  };
  AccessPolicy(std::vector<Token> tokens, bool open) : tokens_(std::move(tokens)), open_(open) {}

  std::vector<Token> tokens_;
  bool open_;
};

}  // namespace storefront::grpcserver
