// Addresses of the real servers that tools/with-servers started for the contract ring.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace storefront::testing {

// Connection URI of a superuser's database on a real Postgres 17. Ends the test process with the
// command to type when the ring was started without servers: a contract test never skips.
std::string PostgresUrl();

// host:port of a real Kafka broker.
std::string KafkaBootstrap();

// http://host:port of a real Kafka Connect worker with the Debezium Postgres plugin.
std::string ConnectUrl();

// A name no other test uses: "<prefix>_<pid>_<counter>", for databases, topics and connectors.
std::string UniqueName(const std::string& prefix);

}  // namespace storefront::testing
