// A JSON reader that knows where things stand and refuses what templates must not have: comments,
// duplicate keys, a byte order mark, trailing text, too deep nesting.
//
// Thread-safety: values and a pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storefront::connectors {

struct JsonPosition {
  int line = 1;    // from 1
  int column = 1;  // bytes, from 1
  bool operator==(const JsonPosition&) const = default;
};

struct JsonMember;

struct JsonNode {
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  JsonPosition position;                     // of its first character
  std::string text;                          // kString: decoded; kNumber, kBoolean: as written
  std::vector<JsonPosition> text_positions;  // kString: where each byte of `text` came from
  std::vector<JsonMember> members;           // kObject, in file order
  std::vector<JsonNode> items;               // kArray
};

struct JsonMember {
  JsonNode key;
  JsonNode value;
};

struct JsonFault {
  JsonPosition position;
  std::string message;
};

// An object is depth 1. On a fault `root` is not meaningful; the first fault ends the reading.
struct JsonReading {
  JsonNode root;
  std::vector<JsonFault> faults;  // at most one; empty = good
};
JsonReading ReadStrictJson(absl::string_view text, int depth_max);

}  // namespace storefront::connectors
