// SHA-256, as libcrypto computes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// Thread-safety: none.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  // 64 hexadecimal digits. Once, at the end.
  std::string FinishHex();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

std::string Sha256Hex(absl::string_view bytes);

}  // namespace storefront::migrator
