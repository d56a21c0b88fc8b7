// ChangeReader on librdkafka.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "services/connector-manager/change_reader.h"

namespace storefront::connectors {

std::unique_ptr<ChangeReader> MakeRdkafkaChangeReader(std::string bootstrap_servers);

}  // namespace storefront::connectors
