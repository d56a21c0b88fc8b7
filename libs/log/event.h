// A log line as an event with keys, for use with Abseil's LOG macros.
//
//   LOG(INFO) << log::Event("chunk_committed", {{"seed_run", run.text()}, {"rows", rows}});
//
// Event names are snake_case; fixed keys: rpc, code, duration_ms, request_id, trace_id,
// internal_error. Never put a secret into a value: config::Secret does not convert to one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::log {

// A value of a key: text, integer, number or boolean. Conversions are implicit on purpose: events
// are written as lists of pairs.
class Value {
 public:
  Value(absl::string_view text) : value_(std::string(text)) {}
  Value(const std::string& text) : value_(text) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(bool flag) : value_(flag) {}
  template <typename Integer>
    requires std::is_integral_v<Integer>
  Value(Integer number) : value_(static_cast<int64_t>(number)) {}
  Value(double number) : value_(number) {}

  // As JSON; text with invalid UTF-8 has its bad bytes replaced.
  void AppendJson(std::string& out) const;

 private:
  std::variant<std::string, int64_t, double, bool> value_;
};

using Field = std::pair<absl::string_view, Value>;

class Event {
 public:
  explicit Event(absl::string_view name, std::initializer_list<Field> fields = {});
  Event(absl::string_view name, const std::vector<Field>& fields);

  // A marker byte and JSON members without braces; the sink of libs/log/sink.h puts them in a line.
  friend std::ostream& operator<<(std::ostream& out, const Event& event) {
    return out << event.members_;
  }

 private:
  void Add(absl::string_view key, const Value& value);
  std::string members_;
};

// `text` as a JSON string with quotes.
void AppendJsonString(absl::string_view text, std::string& out);

}  // namespace storefront::log
