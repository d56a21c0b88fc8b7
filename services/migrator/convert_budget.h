// How much of a list fits into one answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstddef>

namespace storefront::migrator {

// gRPC's clients take 4 MiB by default; the rest of an answer finds room beside its lists.
inline constexpr size_t kListBytesMax = size_t{3} << 20;

// Thread-safety: none.
class AnswerBudget {
 public:
  explicit AnswerBudget(size_t bytes = kListBytesMax) : left_(bytes) {}

  // Keeps the list's newest item if there is still room for it. Otherwise takes it out again and
  // returns false; then nothing fits any more, so that what is shown has no gaps.
  template <typename Message>
  bool KeepLast(google::protobuf::RepeatedPtrField<Message>& list) {
    constexpr size_t kFramingBytes = 8;
    const size_t bytes = list.rbegin()->ByteSizeLong() + kFramingBytes;
    if (bytes <= left_) {
      left_ -= bytes;
      return true;
    }
    left_ = 0;
    list.RemoveLast();
    return false;
  }

 private:
  size_t left_;
};

}  // namespace storefront::migrator
