// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"

namespace storefront::grpcserver {
namespace {

using status::Reason;
using storefront::options::v1::ADMIN;
using storefront::options::v1::READ;
using storefront::options::v1::WRITE;

std::string Sha256(absl::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

absl::string_view RoleFor(Access access) {
  return access == ADMIN ? "admin" : access == WRITE ? "operator" : "viewer";
}

absl::Status TokenRequired(absl::string_view message) {
  return status::Error({.code = absl::StatusCode::kUnauthenticated,
                        .reason = Reason::kTokenRequired,
                        .message = std::string(message)});
}

}  // namespace

absl::StatusOr<AccessPolicy> AccessPolicy::FromTokenLines(absl::string_view text) {
  std::vector<Token> tokens;
  std::vector<status::FieldViolation> problems;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> parts = absl::StrSplit(line, ':');
    Access highest = storefront::options::v1::ACCESS_UNSPECIFIED;
    if (parts.size() == 3) {
      highest = parts[1] == "admin"      ? ADMIN
                : parts[1] == "operator" ? WRITE
                : parts[1] == "viewer"   ? READ
                                         : storefront::options::v1::ACCESS_UNSPECIFIED;
    }
    const bool is_hex = parts.size() == 3 && parts[2].size() == 64 &&
                        std::all_of(parts[2].begin(), parts[2].end(), absl::ascii_isxdigit);
    if (parts.size() != 3 || parts[0].empty() || !is_hex ||
        highest == storefront::options::v1::ACCESS_UNSPECIFIED) {
      problems.push_back({absl::StrCat("token_file line ", number),
                          "is not name:role:sha256hex with role viewer, operator or admin"});
      continue;
    }
    Token token{parts[0], highest, ""};
    [[maybe_unused]] const bool decoded = absl::HexStringToBytes(parts[2], &token.digest);
    tokens.push_back(std::move(token));
  }
  if (problems.empty() && tokens.empty()) problems.push_back({"token_file", "has no token"});
  if (!problems.empty()) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = Reason::kInvalidSetting,
                          .message = "The token file is wrong.",
                          .fields = std::move(problems)});
  }
  return AccessPolicy(std::move(tokens), /*open=*/false);
}

absl::StatusOr<AccessPolicy> AccessPolicy::FromTokenFile(const std::string& path) {
  struct stat facts = {};
  std::ifstream file(path);
  std::string problem;
  if (!file || stat(path.c_str(), &facts) != 0) {
    problem = absl::StrCat("cannot be read: ", path);
  } else if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    problem = absl::StrCat("can be read by others; type: chmod 600 ", path);
  }
  if (!problem.empty()) {
    return status::Error({.code = absl::StatusCode::kInvalidArgument,
                          .reason = Reason::kInvalidSetting,
                          .message = "The token file is wrong.",
                          .fields = {{"token_file", problem}}});
  }
  std::ostringstream text;
  text << file.rdbuf();
  return FromTokenLines(text.str());
}

absl::StatusOr<std::string> AccessPolicy::Check(absl::string_view authorization,
                                                Access needed) const {
  if (open_) return "anonymous";
  absl::string_view token = authorization;
  if (!absl::ConsumePrefix(&token, "Bearer ") && !absl::ConsumePrefix(&token, "bearer ")) {
    return TokenRequired("A token is needed: send metadata authorization: Bearer <token>.");
  }
  const std::string digest = Sha256(token);
  const Token* found = nullptr;
  for (const Token& candidate : tokens_) {
    if (CRYPTO_memcmp(candidate.digest.data(), digest.data(), digest.size()) == 0) {
      found = &candidate;
    }
  }
  if (found == nullptr) return TokenRequired("The token is not known here.");
  if (found->highest < needed) {
    return status::Error({.code = absl::StatusCode::kPermissionDenied,
                          .reason = Reason::kRoleTooLow,
                          .message = absl::StrCat("This call needs the role ", RoleFor(needed),
                                                  "; the token has ", RoleFor(found->highest), "."),
                          .metadata = {{"required", std::string(RoleFor(needed))}}});
  }
  return found->name;
}

}  // namespace storefront::grpcserver
