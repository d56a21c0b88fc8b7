// SPDX-License-Identifier: Apache-2.0
#include "libs/log/event.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "libs/log/sink.h"

namespace storefront::log {

void AppendJsonString(absl::string_view text, std::string& out) {
  const nlohmann::json value = std::string(text);
  out += value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Value::AppendJson(std::string& out) const {
  if (const auto* text = std::get_if<std::string>(&value_)) {
    AppendJsonString(*text, out);
  } else if (const auto* integer = std::get_if<int64_t>(&value_)) {
    absl::StrAppend(&out, *integer);
  } else if (const auto* number = std::get_if<double>(&value_)) {
    if (std::isfinite(*number)) {
      absl::StrAppend(&out, *number);
    } else {
      out += "null";  // JSON has no NaN and no infinity
    }
  } else {
    out += std::get<bool>(value_) ? "true" : "false";
  }
}

Event::Event(absl::string_view name, std::initializer_list<Field> fields)
    : members_(1, kEventMarker) {
  Add("event", name);
  for (const auto& [key, value] : fields) Add(key, value);
}

Event::Event(absl::string_view name, const std::vector<Field>& fields) : members_(1, kEventMarker) {
  Add("event", name);
  for (const auto& [key, value] : fields) Add(key, value);
}

void Event::Add(absl::string_view key, const Value& value) {
  if (members_.size() > 1) members_ += ',';
  AppendJsonString(key, members_);
  members_ += ':';
  value.AppendJson(members_);
}

}  // namespace storefront::log
