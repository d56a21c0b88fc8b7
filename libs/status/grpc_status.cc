// SPDX-License-Identifier: Apache-2.0
#include "libs/status/grpc_status.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "libs/status/error.h"

namespace storefront::status {
namespace {

constexpr char kDomain[] = "storefront-cdc";

// An error travels in HTTP/2 trailers, of which a gRPC client takes 8 KiB by default, all of it
// together: the details in base64, and the message once more. Above that the client sees no error
// of ours at all.
constexpr size_t kWireBytesMax = 4500;
constexpr size_t kWireMessageBytesMax = 600;  // a byte that is not ASCII takes three
constexpr size_t kWireValueBytesMax = 500;
// At least what tags and lengths take: then a pass drops too few, never too many.
constexpr size_t kViolationOverheadBytes = 16;

// At a character's border.
void Cut(std::string& text, size_t bytes_max) {
  constexpr absl::string_view kEllipsis = "…";
  if (text.size() <= bytes_max) return;
  size_t size = bytes_max - kEllipsis.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  text.resize(size);
  text.append(kEllipsis.data(), kEllipsis.size());
}

google::rpc::Status Make(const absl::Status& status, ErrorSpec spec) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(spec.message);
  if (status.ok()) return out;

  if (spec.reason == Reason::kUnspecified) spec.reason = Reason::kInternalError;
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(spec.reason)));
  info.set_domain(kDomain);
  for (const auto& [key, value] : spec.metadata) (*info.mutable_metadata())[key] = value;
  out.add_details()->PackFrom(info);

  if (!spec.fields.empty()) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : spec.fields) {
      auto* field = bad.add_field_violations();
      field->set_field(violation.field);
      field->set_description(violation.description);
    }
    out.add_details()->PackFrom(bad);
  }
  if (!spec.preconditions.empty()) {
    google::rpc::PreconditionFailure failure;
    for (const PreconditionViolation& violation : spec.preconditions) {
      auto* item = failure.add_violations();
      item->set_type(violation.type);
      item->set_subject(violation.subject);
      item->set_description(violation.description);
    }
    out.add_details()->PackFrom(failure);
  }
  if (spec.retry_after) {
    google::rpc::RetryInfo retry;
    const int64_t nanos = absl::ToInt64Nanoseconds(*spec.retry_after);
    retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
    out.add_details()->PackFrom(retry);
  }
  if (spec.resource) {
    google::rpc::ResourceInfo resource;
    resource.set_resource_type(spec.resource->type);
    resource.set_resource_name(spec.resource->name);
    out.add_details()->PackFrom(resource);
  }
  return out;
}

// Leaves out violations from the end until the rest fits, and says how many.
google::rpc::Status MakeForWire(const absl::Status& status) {
  ErrorSpec spec = DetailsOf(status);
  Cut(spec.message, kWireMessageBytesMax);
  for (auto& [key, value] : spec.metadata) Cut(value, kWireValueBytesMax);
  for (FieldViolation& each : spec.fields) Cut(each.description, kWireMessageBytesMax);
  for (PreconditionViolation& each : spec.preconditions) {
    Cut(each.subject, kWireValueBytesMax);
    Cut(each.description, kWireMessageBytesMax);
  }
  google::rpc::Status made = Make(status, spec);
  size_t left_out = 0;
  while (made.ByteSizeLong() > kWireBytesMax) {
    size_t excess = made.ByteSizeLong() - kWireBytesMax;
    const size_t before = left_out;
    const auto drop = [&](auto& list, const auto& bytes_of) {
      while (excess > 0 && !list.empty()) {
        excess -= std::min(excess, bytes_of(list.back()));
        list.pop_back();
        ++left_out;
      }
    };
    drop(spec.preconditions, [](const PreconditionViolation& each) {
      return each.type.size() + each.subject.size() + each.description.size() +
             kViolationOverheadBytes;
    });
    drop(spec.fields, [](const FieldViolation& each) {
      return each.field.size() + each.description.size() + kViolationOverheadBytes;
    });
    if (left_out == before) break;
    spec.metadata["violations_left_out"] = absl::StrCat(left_out);
    made = Make(status, spec);
  }
  return made;
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  return Make(status, DetailsOf(status));
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = MakeForWire(status);
  return grpc::Status(static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
                      rpc.SerializeAsString());
}

absl::Status FromRpcStatus(const google::rpc::Status& status) {
  if (status.code() == 0) return absl::OkStatus();
  ErrorSpec spec;
  spec.code = static_cast<absl::StatusCode>(status.code());
  spec.message = status.message();
  for (const google::protobuf::Any& detail : status.details()) {
    if (google::rpc::ErrorInfo info; detail.UnpackTo(&info)) {
      spec.reason = ReasonFromName(info.reason()).value_or(Reason::kUnspecified);
      for (const auto& [key, value] : info.metadata()) spec.metadata[key] = value;
    } else if (google::rpc::BadRequest bad; detail.UnpackTo(&bad)) {
      for (const auto& field : bad.field_violations()) {
        spec.fields.push_back({field.field(), field.description()});
      }
    } else if (google::rpc::PreconditionFailure failure; detail.UnpackTo(&failure)) {
      for (const auto& item : failure.violations()) {
        spec.preconditions.push_back({item.type(), item.subject(), item.description()});
      }
    } else if (google::rpc::RetryInfo retry; detail.UnpackTo(&retry)) {
      spec.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                         absl::Nanoseconds(retry.retry_delay().nanos());
    } else if (google::rpc::ResourceInfo resource; detail.UnpackTo(&resource)) {
      spec.resource = {resource.resource_type(), resource.resource_name()};
    }
  }
  return Error(std::move(spec));
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  if (status.error_details().empty() || !rpc.ParseFromString(status.error_details()) ||
      rpc.code() != static_cast<int>(status.error_code())) {
    return Error({.code = static_cast<absl::StatusCode>(status.error_code()),
                  .message = status.error_message()});
  }
  return FromRpcStatus(rpc);
}

}  // namespace storefront::status
