// Topics that no rule may touch, because Kafka or Connect would break.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <re2/re2.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::topics {

// Thread-safety: const methods.
class Protection {
 public:
  // `connect_storage` are the config, offset and status topics of Connect: a worker demands exactly
  // cleanup.policy=compact on them and checks only at its next start. `patterns` come from the
  // policy (checked RE2).
  Protection(std::vector<std::string> connect_storage, const std::vector<std::string>& patterns);

  // Why `topic` is protected: "internal" (marked so by the broker), "reserved name" (begins with
  // `__`, except Debezium's heartbeat topics), "connect storage", "policy: PATTERN". Empty: it is
  // not.
  std::string Why(absl::string_view topic, bool internal) const;

  bool IsConnectStorage(absl::string_view topic) const {
    return connect_storage_.contains(std::string(topic));
  }

 private:
  std::set<std::string> connect_storage_;
  std::vector<std::unique_ptr<RE2>> patterns_;
};

}  // namespace storefront::topics
