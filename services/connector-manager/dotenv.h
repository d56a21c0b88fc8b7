// `.env` files: an exact grammar that agrees with Docker Compose where Compose is sound, and stops
// with file and line where Compose guesses.
//
// Thread-safety: pure functions. Source: docs/howto/connector-templates.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/connector-manager/finding.h"

namespace storefront::connectors {

inline constexpr size_t kDotenvBytesMax = 1 << 20;
inline constexpr size_t kDotenvNamesMax = 2000;
inline constexpr size_t kDotenvValueBytesMax = 64 << 10;

using Environment = std::map<std::string, std::string, std::less<>>;

// A file as it was read; no content = it is missing.
struct DotenvFile {
  std::string name;
  std::optional<std::string> content;
};

// What templates can refer to.
struct Variables {
  Environment environment;  // of the process; wins
  Environment file_values;  // of the files; later ones have won
  std::optional<std::string> Find(absl::string_view name) const;
};

struct DotenvResult {
  Variables variables;
  std::vector<Finding> findings;  // errors and warnings; source = file name, with line
};

// Reads the files in order. A reference sees the environment, then what stands before it. A missing
// file, bad UTF-8, a NUL and what passes a cap are errors; all errors of all files come at once, a
// file ends at its first syntax error.
DotenvResult ReadDotenv(const std::vector<DotenvFile>& files, Environment environment);

// Well-formed UTF-8 without surrogates and overlong forms.
bool IsValidUtf8(absl::string_view text);

}  // namespace storefront::connectors
