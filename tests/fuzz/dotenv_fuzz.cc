// `.env` files from hostile text: no crash, caps hold, and the same input gives the same answer.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/log/check.h"
#include "services/connector-manager/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using storefront::connectors::DotenvResult;
  using storefront::connectors::Environment;
  using storefront::connectors::IsValidUtf8;
  using storefront::connectors::ReadDotenv;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Environment environment = {{"HOST", "127.0.0.1"}, {"EMPTY", ""}};
  const DotenvResult result = ReadDotenv({{".env", text}}, environment);
  CHECK_LE(result.variables.file_values.size(), storefront::connectors::kDotenvNamesMax);
  for (const auto& [name, value] : result.variables.file_values) {
    CHECK(!name.empty());
    CHECK_LE(value.size(), storefront::connectors::kDotenvValueBytesMax);
    CHECK(IsValidUtf8(value)) << name;
    CHECK(value.find('\0') == std::string::npos) << name;
    CHECK(result.variables.Find(name).has_value());
  }
  CHECK(ReadDotenv({{".env", text}}, environment).variables.file_values ==
        result.variables.file_values);
  return 0;
}
