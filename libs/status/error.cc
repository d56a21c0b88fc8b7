// SPDX-License-Identifier: Apache-2.0
#include "libs/status/error.h"

#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace storefront::status {
namespace {

constexpr absl::string_view kPayload = "storefront-cdc/error-details";

// The payload is a list of length-prefixed strings: no protobuf here, so that the domain has none.
class Writer {
 public:
  void Text(absl::string_view text) { absl::StrAppend(&bytes_, text.size(), ":", text); }
  void Count(size_t count) { Text(absl::StrCat(count)); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}
  std::string Text() {
    const size_t colon = rest_.find(':');
    size_t length = 0;
    if (colon == absl::string_view::npos || !absl::SimpleAtoi(rest_.substr(0, colon), &length) ||
        length > rest_.size() - colon - 1) {
      rest_ = "";
      return "";
    }
    std::string text(rest_.substr(colon + 1, length));
    rest_.remove_prefix(colon + 1 + length);
    return text;
  }
  size_t Count() {
    size_t count = 0;
    return absl::SimpleAtoi(Text(), &count) ? count : 0;
  }

 private:
  absl::string_view rest_;
};

std::string Encode(const ErrorSpec& spec) {
  Writer out;
  out.Count(static_cast<size_t>(spec.reason));
  out.Text(spec.internal);
  out.Text(spec.retry_after ? absl::FormatDuration(*spec.retry_after) : "");
  out.Count(spec.resource ? 1 : 0);
  if (spec.resource) {
    out.Text(spec.resource->type);
    out.Text(spec.resource->name);
  }
  out.Count(spec.metadata.size());
  for (const auto& [key, value] : spec.metadata) {
    out.Text(key);
    out.Text(value);
  }
  out.Count(spec.fields.size());
  for (const FieldViolation& violation : spec.fields) {
    out.Text(violation.field);
    out.Text(violation.description);
  }
  out.Count(spec.preconditions.size());
  for (const PreconditionViolation& violation : spec.preconditions) {
    out.Text(violation.type);
    out.Text(violation.subject);
    out.Text(violation.description);
  }
  return out.Take();
}

ErrorSpec Decode(absl::string_view bytes) {
  Reader in(bytes);
  ErrorSpec spec;
  spec.reason = static_cast<Reason>(in.Count());
  spec.internal = in.Text();
  absl::Duration retry_after;
  if (const std::string text = in.Text();
      !text.empty() && absl::ParseDuration(text, &retry_after)) {
    spec.retry_after = retry_after;
  }
  if (in.Count() == 1) {
    ResourceRef resource;
    resource.type = in.Text();
    resource.name = in.Text();
    spec.resource = std::move(resource);
  }
  for (size_t left = in.Count(); left > 0; --left) {
    std::string key = in.Text();
    spec.metadata[std::move(key)] = in.Text();
  }
  for (size_t left = in.Count(); left > 0; --left) {
    FieldViolation violation;
    violation.field = in.Text();
    violation.description = in.Text();
    spec.fields.push_back(std::move(violation));
  }
  for (size_t left = in.Count(); left > 0; --left) {
    PreconditionViolation violation;
    violation.type = in.Text();
    violation.subject = in.Text();
    violation.description = in.Text();
    spec.preconditions.push_back(std::move(violation));
  }
  return spec;
}

}  // namespace

absl::Status Error(ErrorSpec spec) {
  if (spec.code == absl::StatusCode::kOk) spec.code = absl::StatusCode::kInternal;
  absl::Status status(spec.code, spec.message);
  status.SetPayload(kPayload, absl::Cord(Encode(spec)));
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status InvalidFields(std::vector<FieldViolation> fields) {
  if (fields.empty()) return absl::OkStatus();
  std::string message = absl::StrCat(fields.front().field, ": ", fields.front().description);
  if (fields.size() > 1) absl::StrAppend(&message, " (and ", fields.size() - 1, " more)");
  return Error({.code = absl::StatusCode::kInvalidArgument,
                .reason = Reason::kInvalidField,
                .message = std::move(message),
                .fields = std::move(fields)});
}

ErrorSpec DetailsOf(const absl::Status& status) {
  ErrorSpec spec;
  if (const auto payload = status.GetPayload(kPayload)) spec = Decode(std::string(*payload));
  spec.code = status.code();
  spec.message = std::string(status.message());
  return spec;
}

Reason ReasonOf(const absl::Status& status) { return DetailsOf(status).reason; }

absl::Status Prefix(absl::string_view prefix, const absl::Status& status) {
  if (status.ok()) return status;
  ErrorSpec spec = DetailsOf(status);
  spec.message = absl::StrCat(prefix, ": ", spec.message);
  return Error(std::move(spec));
}

}  // namespace storefront::status
