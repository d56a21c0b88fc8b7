// SPDX-License-Identifier: Apache-2.0
#include "libs/status/grpc_status.h"

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "libs/status/error.h"

namespace storefront::status {
namespace {

constexpr char kDomain[] = "storefront-cdc";

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(std::string(status.message()));
  if (status.ok()) return out;

  ErrorSpec spec = DetailsOf(status);
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

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status);
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
