// The four services: where each is reached and what it is called.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storefront::cli {

struct ServiceInfo {
  std::string name;     // "connector-manager"
  std::string setting;  // "connector_manager_address"
  std::string proto;    // "storefront.connectors.v1.ConnectorService"
  // First words of its commands; a command of one service does not pay for the protos of others.
  std::vector<std::string> groups;
};

// In the order in which the pipeline starts.
const std::vector<ServiceInfo>& AllServices();

// The service of a method. Ends the process for a method of none: a fault of the code.
const ServiceInfo& ServiceOf(const google::protobuf::MethodDescriptor& method);

// A method by its full name. Ends the process when there is none: a fault of the code.
const google::protobuf::MethodDescriptor& MethodNamed(const std::string& full_name);

// A method as a person types it: "MigratorService.Migrate", "MigratorService/Migrate" or with its
// package. kUsage with the nearest name.
absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(absl::string_view typed);

}  // namespace storefront::cli
