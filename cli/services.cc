// SPDX-License-Identifier: Apache-2.0
#include "cli/services.h"

#include "absl/log/check.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"
#include "libs/config/nearest.h"

namespace storefront::cli {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

const std::vector<ServiceInfo>& AllServices() {
  static const auto& services = *new std::vector<ServiceInfo>{
      {"migrator",
       "migrator_address",
       "storefront.migrator.v1.MigratorService",
       {"migrations", "migration-runs"}},
      {"seeder",
       "seeder_address",
       "storefront.seeder.v1.SeederService",
       {"seed-runs", "storefront"}},
      {"topic-admin",
       "topic_admin_address",
       "storefront.topics.v1.TopicService",
       {"topics", "topic-plans", "topic-policy"}},
      {"connector-manager",
       "connector_manager_address",
       "storefront.connectors.v1.ConnectorService",
       {"connectors", "connector-templates", "replication-slots"}},
  };
  return services;
}

const ServiceInfo& ServiceOf(const MethodDescriptor& method) {
  for (const ServiceInfo& service : AllServices()) {
    if (service.proto == method.service()->full_name()) return service;
  }
  CHECK(false) << method.full_name() << " belongs to no service of cli/services.cc";
}

const MethodDescriptor& MethodNamed(const std::string& full_name) {
  const auto* method = DescriptorPool::generated_pool()->FindMethodByName(full_name);
  CHECK(method != nullptr) << full_name << " is not in the protos";
  return *method;
}

absl::StatusOr<const MethodDescriptor*> FindMethod(absl::string_view typed) {
  const std::string wanted = absl::StrReplaceAll(typed, {{"/", "."}});
  std::vector<std::string> known;
  for (const ServiceInfo& service : AllServices()) {
    const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service.proto);
    if (descriptor == nullptr) continue;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const MethodDescriptor* method = descriptor->method(i);
      const std::string name = absl::StrCat(descriptor->name(), ".", method->name());
      if (wanted == name || wanted == method->full_name() || wanted == method->name()) {
        return method;
      }
      known.push_back(name);
      known.push_back(method->name());
    }
  }
  const std::string nearest = config::DidYouMean(wanted, known);
  return UsageError(absl::StrCat("There is no method '", typed, "'",
                                 nearest.empty() ? "; `storefrontctl api` lists them." : nearest));
}

}  // namespace storefront::cli
