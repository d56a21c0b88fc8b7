// The cluster port on librdkafka.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/kafka/admin_client.h"
#include "services/topic-admin/cluster_admin.h"

namespace storefront::topics {

// `client` outlives the result.
std::unique_ptr<ClusterAdmin> MakeRdkafkaClusterAdmin(kafka::AdminClient& client);

}  // namespace storefront::topics
