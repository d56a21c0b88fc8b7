// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "absl/log/initialize.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  absl::InitializeLog();
  return RUN_ALL_TESTS();
}
