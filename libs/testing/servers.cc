// SPDX-License-Identifier: Apache-2.0
#include "libs/testing/servers.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>

namespace storefront::testing {
namespace {

std::string Required(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    std::cerr << variable << " is not set: this test needs real servers. Run "
              << "tools/with-servers postgres kafka connect -- ctest -L contract\n";
    std::exit(1);
  }
  return value;
}

}  // namespace

std::string PostgresUrl() { return Required("STOREFRONT_TEST_POSTGRES_URL"); }
std::string KafkaBootstrap() { return Required("STOREFRONT_TEST_KAFKA_BOOTSTRAP"); }
std::string ConnectUrl() { return Required("STOREFRONT_TEST_CONNECT_URL"); }

std::string UniqueName(const std::string& prefix) {
  static std::atomic<int> counter{0};
  return prefix + "_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
}

}  // namespace storefront::testing
