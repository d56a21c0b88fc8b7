// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/rules.h"

#include <re2/re2.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "libs/status/error.h"
#include "libs/sync/mutex.h"
#include "storefront/options/v1/options.pb.h"

namespace storefront::grpcserver {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using storefront::options::v1::FieldRule;

constexpr size_t kViolationsMax = 100;

struct PatternCache {
  sync::Mutex mutex;
  std::map<std::string, std::unique_ptr<re2::RE2>> compiled ABSL_GUARDED_BY(mutex);
};

bool FullMatch(const std::string& text, const std::string& pattern) {
  static PatternCache& cache = *new PatternCache;
  const re2::RE2* regex = nullptr;
  {
    sync::MutexLock lock(cache.mutex);
    auto& slot = cache.compiled[pattern];
    if (slot == nullptr) slot = std::make_unique<re2::RE2>(pattern);
    regex = slot.get();
  }
  return re2::RE2::FullMatch(text, *regex);
}

size_t Utf8Length(const std::string& text) {
  size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return length;
}

std::string Number(double number) {
  return std::floor(number) == number && std::abs(number) < 1e15
             ? absl::StrCat(static_cast<int64_t>(number))
             : absl::StrCat(number);
}

class Checker {
 public:
  void Walk(const Message& message, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (violations_.size() >= kViolationsMax) return;
      const std::string name = path.empty() ? field.name() : absl::StrCat(path, ".", field.name());
      if (IsRequired(field) && !IsSet(message, reflection, field)) {
        Add(name, "is required");
        continue;
      }
      const FieldRule& rule = field.options().GetExtension(storefront::options::v1::rule);
      if (field.is_map()) {
        Map(message, field, rule, name);
      } else if (field.is_repeated()) {
        const int size = reflection.FieldSize(message, &field);
        Items(rule, size, name);
        for (int index = 0; index < size; ++index) {
          Value(message, field, rule, index, absl::StrCat(name, "[", index, "]"));
        }
      } else if (field.has_presence() ? reflection.HasField(message, &field) : true) {
        Value(message, field, rule, -1, name);
      }
    }
  }

  std::vector<status::FieldViolation> Take() { return std::move(violations_); }

 private:
  static bool IsRequired(const FieldDescriptor& field) {
    const auto& options = field.options();
    for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
      if (options.GetExtension(google::api::field_behavior, i) == google::api::REQUIRED)
        return true;
    }
    return false;
  }

  static bool IsSet(const Message& message, const Reflection& reflection,
                    const FieldDescriptor& field) {
    return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                               : reflection.HasField(message, &field);
  }

  void Add(const std::string& path, std::string description) {
    violations_.push_back({path, std::move(description)});
  }

  void Items(const FieldRule& rule, int size, const std::string& path) {
    if (rule.has_max_items() && static_cast<uint32_t>(size) > rule.max_items()) {
      Add(path, absl::StrCat("has ", size, " items; at most ", rule.max_items()));
    }
  }

  void Map(const Message& message, const FieldDescriptor& field, const FieldRule& rule,
           const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    Items(rule, size, path);
    const FieldDescriptor& value = *field.message_type()->map_value();
    const FieldDescriptor& key = *field.message_type()->map_key();
    for (int index = 0; index < size; ++index) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, index);
      const std::string label = key.cpp_type() == FieldDescriptor::CPPTYPE_STRING
                                    ? entry.GetReflection()->GetString(entry, &key)
                                    : absl::StrCat(index);
      Value(entry, value, rule, -1, absl::StrCat(path, "[\"", label, "\"]"));
    }
  }

  // `index` < 0: a singular field.
  void Value(const Message& message, const FieldDescriptor& field, const FieldRule& rule, int index,
             const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const bool repeated = index >= 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Walk(repeated ? reflection.GetRepeatedMessage(message, &field, index)
                      : reflection.GetMessage(message, &field),
             path);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        Text(rule,
             repeated ? reflection.GetRepeatedString(message, &field, index)
                      : reflection.GetString(message, &field),
             path);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        Bounds(rule,
               repeated ? reflection.GetRepeatedInt32(message, &field, index)
                        : reflection.GetInt32(message, &field),
               path);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        Bounds(rule,
               static_cast<double>(repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                            : reflection.GetInt64(message, &field)),
               path);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        Bounds(rule,
               repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                        : reflection.GetUInt32(message, &field),
               path);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        Bounds(rule,
               static_cast<double>(repeated ? reflection.GetRepeatedUInt64(message, &field, index)
                                            : reflection.GetUInt64(message, &field)),
               path);
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        Bounds(rule,
               repeated ? reflection.GetRepeatedDouble(message, &field, index)
                        : reflection.GetDouble(message, &field),
               path);
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        Bounds(rule,
               static_cast<double>(repeated ? reflection.GetRepeatedFloat(message, &field, index)
                                            : reflection.GetFloat(message, &field)),
               path);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        Enumerator(message, field, index, path);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        break;
    }
  }

  void Enumerator(const Message& message, const FieldDescriptor& field, int index,
                  const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int number = index >= 0 ? reflection.GetRepeatedEnumValue(message, &field, index)
                                  : reflection.GetEnumValue(message, &field);
    if (field.enum_type()->FindValueByNumber(number) == nullptr) {
      Add(path, absl::StrCat(number, " is not a value of ", field.enum_type()->name()));
    }
  }

  void Text(const FieldRule& rule, const std::string& text, const std::string& path) {
    if (text.find('\0') != std::string::npos) {
      Add(path, "has a NUL character");
      return;
    }
    const size_t length = Utf8Length(text);
    if (rule.has_min_length() && length < rule.min_length() && !text.empty()) {
      Add(path, absl::StrCat("has ", length, " characters; at least ", rule.min_length()));
    }
    if (rule.has_max_length() && length > rule.max_length()) {
      Add(path, absl::StrCat("has ", length, " characters; at most ", rule.max_length()));
    } else if (rule.has_pattern() && !text.empty() && !FullMatch(text, rule.pattern())) {
      Add(path, absl::StrCat("does not match ", rule.pattern()));
    }
  }

  void Bounds(const FieldRule& rule, double number, const std::string& path) {
    const bool has_rule = rule.has_minimum() || rule.has_maximum() ||
                          rule.has_exclusive_minimum() || rule.has_exclusive_maximum();
    if (!has_rule) return;
    if (std::isnan(number)) {
      Add(path, "is not a number");
    } else if (rule.has_minimum() && number < rule.minimum()) {
      Add(path, absl::StrCat(Number(number), " is too small; at least ", Number(rule.minimum())));
    } else if (rule.has_exclusive_minimum() && number <= rule.exclusive_minimum()) {
      Add(path, absl::StrCat(Number(number), " is too small; more than ",
                             Number(rule.exclusive_minimum())));
    } else if (rule.has_maximum() && number > rule.maximum()) {
      Add(path, absl::StrCat(Number(number), " is too large; at most ", Number(rule.maximum())));
    } else if (rule.has_exclusive_maximum() && number >= rule.exclusive_maximum()) {
      Add(path, absl::StrCat(Number(number), " is too large; less than ",
                             Number(rule.exclusive_maximum())));
    }
  }

  std::vector<status::FieldViolation> violations_;
};

}  // namespace

absl::Status CheckRules(const Message& message) {
  Checker checker;
  checker.Walk(message, "");
  return status::InvalidFields(checker.Take());
}

}  // namespace storefront::grpcserver
