// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_secret_file.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::migrator {
namespace {

absl::Status Invalid(absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = absl::StrCat("secret_placeholders: ", why),
                        .fields = {{"secret_placeholders", std::string(why)}}});
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(absl::string_view name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf()))) {
    return Invalid(absl::StrCat("the file of ", name, " cannot be read: ", path));
  }
  std::string value = text.str();
  if (value.size() > kPlaceholderBytesMax) return Invalid(absl::StrCat(name, " has over 8 KiB"));
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

}  // namespace storefront::migrator
