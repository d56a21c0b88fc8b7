// The text of a script, in memory or in a file of its own, and how to make another one like it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::migrator {

class ScriptTextWriter;

// Bytes that never change and are always at the same place, whatever happens to the file that they
// came from (M11). A large text is a mapping of an unlinked file: whoever walks through it says
// what lies behind, so that it does not stay resident. A range that was released reads the same
// afterwards.
//
// Thread-safety: all methods. Lifetime: views die with the text.
class ScriptText {
 public:
  // What a walk releases at once.
  static constexpr size_t kPieceBytes = size_t{1} << 20;

  virtual ~ScriptText() = default;

  virtual absl::string_view view() const = 0;

  // The bytes [begin, end) are not needed soon.
  virtual void Release(size_t begin, size_t end) const = 0;

  // For a text that is made from this one and kept in the same way.
  virtual std::unique_ptr<ScriptTextWriter> NewWriter() const = 0;

  // Calls `visit` with [begin, end) in pieces until one returns false. What lies behind is
  // released, but for the last piece, so that many short walks do not give back and take again.
  void Walk(size_t begin, size_t end, const std::function<bool(absl::string_view)>& visit) const;

  // As string_view::find, without leaving what was searched resident.
  size_t Find(absl::string_view wanted, size_t from) const;
};

// Thread-safety: none.
// Errors: RESOURCE_EXHAUSTED LIMIT_EXCEEDED when the text gets longer than a script may be,
// DISK_FULL when it cannot be kept.
class ScriptTextWriter {
 public:
  virtual ~ScriptTextWriter() = default;
  virtual absl::Status Append(absl::string_view piece) = 0;
  // Once, at the end.
  virtual absl::StatusOr<std::shared_ptr<const ScriptText>> Finish() = 0;
};

// A text that is simply a string; its writers have no limit.
std::shared_ptr<const ScriptText> TextInMemory(std::string text);

}  // namespace storefront::migrator
