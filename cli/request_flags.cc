// SPDX-License-Identifier: Apache-2.0
#include "cli/request_flags.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "google/api/field_behavior.pb.h"
#include "libs/config/nearest.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kDuration[] = "google.protobuf.Duration";
constexpr char kTimestamp[] = "google.protobuf.Timestamp";
constexpr char kJsonOrFile[] = "JSON|@FILE";
constexpr char kFieldMask[] = "google.protobuf.FieldMask";

bool IsOutputOnly(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::OUTPUT_ONLY) {
      return true;
    }
  }
  return false;
}

bool HasOwnFlag(const FieldDescriptor& field) {
  for (const char* name : {"name", "parent", "request_id", "validate_only", "dry_run", "page_size",
                           "page_token", "confirmation", "update_mask"}) {
    if (field.name() == name) return true;
  }
  return false;
}

bool IsWellKnown(const Descriptor& message) {
  return message.file()->package() == "google.protobuf";
}

// A message whose fields are all plain can be spread into flags.
bool CanSpread(const Descriptor& message) {
  if (IsWellKnown(message)) return false;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (IsOutputOnly(field)) continue;
    if (field.is_repeated() && !field.is_map() &&
        field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return false;
    }
    if (field.is_map() &&
        field.message_type()->map_value()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return false;
    }
    if (!field.is_repeated() && field.message_type() == &message) return false;
  }
  return true;
}

std::string EnumWord(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) words.push_back(EnumWord(type.value(i)->name()));
  }
  return words;
}

// What follows the flag in help.
std::string ValueWord(const FieldDescriptor& field) {
  if (field.is_map()) return "KEY=VALUE";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.is_repeated() ? "true|false" : "";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrJoin(EnumWords(*field.enum_type()), "|");
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type()->full_name() == kDuration) return "DURATION";
      if (field.message_type()->full_name() == kTimestamp) return "TIME";
      if (field.message_type()->full_name() == kFieldMask) return "PATHS";
      return kJsonOrFile;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "N";
  }
  return "VALUE";
}

std::string Kebab(absl::string_view name) { return absl::StrReplaceAll(name, {{"_", "-"}}); }

void Collect(const Descriptor& message, const std::vector<const FieldDescriptor*>& above,
             std::vector<RequestField>& fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (IsOutputOnly(*field) || HasOwnFlag(*field)) continue;
    std::vector<const FieldDescriptor*> path = above;
    path.push_back(field);
    if (!field->is_repeated() && field->message_type() != nullptr &&
        CanSpread(*field->message_type())) {
      Collect(*field->message_type(), path, fields);
      continue;
    }
    fields.push_back({.flag = {.name = Kebab(field->name()),
                               .value = ValueWord(*field),
                               .repeated = field->is_repeated()},
                      .path = std::move(path)});
  }
}

absl::Status Wrong(const RequestField& field, absl::string_view text, absl::string_view expected) {
  return UsageError(absl::StrCat("--", field.flag.name, ": '", text, "' is not ", expected, "."));
}

absl::StatusOr<std::string> ReadIfFile(const RequestField& field, const std::string& text) {
  const FieldDescriptor& type = *field.path.back();
  const bool takes_file = field.flag.value == kJsonOrFile || absl::EndsWith(type.name(), "_json");
  if (!takes_file || text.empty() || text[0] != '@') return text;
  std::ifstream file(text.substr(1), std::ios::binary);
  if (!file) {
    return UsageError(
        absl::StrCat("--", field.flag.name, ": the file ", text.substr(1), " cannot be read."));
  }
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// The JSON text of one value, as proto3 JSON wants it for this field.
absl::StatusOr<Document> ValueOf(const RequestField& field, const FieldDescriptor& type,
                                 const std::string& text) {
  switch (type.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return Wrong(field, text, "true or false");
      return Document(text == "true");
    case FieldDescriptor::CPPTYPE_STRING:
      return Document(text);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::vector<std::string> words = EnumWords(*type.enum_type());
      for (int i = 0; i < type.enum_type()->value_count(); ++i) {
        const auto* value = type.enum_type()->value(i);
        if (EnumWord(value->name()) == EnumWord(text) && value->number() != 0) {
          return Document(value->name());
        }
      }
      return UsageError(absl::StrCat("--", field.flag.name, ": '", text, "' is none of ",
                                     absl::StrJoin(words, ", "),
                                     config::DidYouMean(EnumWord(text), words)));
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      double number = 0;
      if (!absl::SimpleAtod(text, &number) || number - number != 0) {
        return Wrong(field, text, "a number");
      }
      return Document(number);
    }
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: {
      uint64_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return Wrong(field, text, "a whole number from 0");
      return Document(text);
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return Wrong(field, text, "a whole number");
      return Document(text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const std::string& name = type.message_type()->full_name();
      if (name == kDuration) {
        absl::Duration duration;
        if (!absl::ParseDuration(text, &duration)) {
          return Wrong(field, text, "a duration such as 250ms, 10s or 5m");
        }
        const int64_t nanos = absl::ToInt64Nanoseconds(duration);
        return Document(absl::StrFormat("%d.%09ds", nanos / 1'000'000'000, nanos % 1'000'000'000));
      }
      if (name == kTimestamp || name == kFieldMask) return Document(text);
      Document parsed = Document::parse(text, nullptr, /*allow_exceptions=*/false);
      if (parsed.is_discarded()) return Wrong(field, text, "JSON");
      return parsed;
    }
  }
  return Wrong(field, text, "a value");
}

}  // namespace

std::string RequestField::DottedPath() const {
  return absl::StrJoin(path, ".", [](std::string* out, const FieldDescriptor* field) {
    absl::StrAppend(out, field->name());
  });
}

std::vector<RequestField> RequestFieldsOf(const Descriptor& request,
                                          const std::vector<std::string>& only) {
  std::vector<RequestField> fields;
  Collect(request, {}, fields);
  if (!only.empty()) {
    std::erase_if(fields, [&](const RequestField& field) {
      return std::find(only.begin(), only.end(), field.DottedPath()) == only.end();
    });
  }
  std::map<std::string, int> uses;
  for (const Flag& flag : CommonFlags()) {
    for (RequestField& field : fields) {
      if (field.flag.name == flag.name) field.flag.name = absl::StrCat("request-", flag.name);
    }
  }
  for (const RequestField& field : fields) ++uses[field.flag.name];
  for (RequestField& field : fields) {
    if (uses[field.flag.name] > 1) {
      field.flag.name = Kebab(absl::StrReplaceAll(field.DottedPath(), {{".", "_"}}));
    }
  }
  return fields;
}

absl::Status SetRequestField(Message& request, const RequestField& field, const std::string& text) {
  Message* holder = &request;
  for (size_t i = 0; i + 1 < field.path.size(); ++i) {
    holder = holder->GetReflection()->MutableMessage(holder, field.path[i]);
  }
  const FieldDescriptor& type = *field.path.back();
  ASSIGN_OR_RETURN(const std::string content, ReadIfFile(field, text));
  Document wrapped = Document::object();
  if (type.is_map()) {
    const size_t equals = content.find('=');
    if (equals == std::string::npos) return Wrong(field, text, "KEY=VALUE");
    ASSIGN_OR_RETURN(Document value,
                     ValueOf(field, *type.message_type()->map_value(), content.substr(equals + 1)));
    wrapped[type.json_name()][content.substr(0, equals)] = std::move(value);
  } else {
    ASSIGN_OR_RETURN(Document value, ValueOf(field, type, content));
    if (type.is_repeated()) {
      wrapped[type.json_name()].push_back(std::move(value));
    } else {
      wrapped[type.json_name()] = std::move(value);
    }
  }
  // protobuf's reader knows ranges, times and masks; a message of one field merges into the holder.
  std::unique_ptr<Message> part(holder->New());
  const auto status = google::protobuf::util::JsonStringToMessage(JsonLine(wrapped), part.get());
  if (!status.ok()) return Wrong(field, text, absl::StrCat("a valid ", type.name()));
  holder->MergeFrom(*part);
  return absl::OkStatus();
}

}  // namespace storefront::cli
