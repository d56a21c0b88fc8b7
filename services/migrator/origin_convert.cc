// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/origin_convert.h"

#include "absl/strings/str_cat.h"
#include "services/migrator/sha256.h"

namespace storefront::migrator {

RunOrigin OriginOf(absl::string_view method, absl::string_view principal,
                   absl::string_view request_id, const google::protobuf::Message& request) {
  if (request_id.empty()) return {};
  // Requests that start runs have no maps, so equal ones have equal bytes.
  return {.request_id = absl::StrCat(method, "/", principal, "/", request_id),
          .digest = Sha256Hex(request.SerializeAsString())};
}

}  // namespace storefront::migrator
