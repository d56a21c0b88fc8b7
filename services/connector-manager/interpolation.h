// `${…}` in the values of `.env` files and of connector templates.
//
// Grammar of both: `$$` is `$`; `${N}`; `${N:-d}` d if unset or empty; `${N-d}` d if unset;
// `${N:?m}`, `${N?m}` an error that says m; `${N:+a}` a if set and not empty; `${N+a}` a if set.
// N is [_a-zA-Z][_a-zA-Z0-9]*; d, m and a nest 16 deep and are evaluated only if used. An empty
// name, a name with other characters and a missing `}` are errors. A lone `$` stays. Inserted
// values are never scanned again.
// In `.env` only: `$N`; an unset `${N}` or `$N` is empty, with a warning.
// In templates only: `$N` stays as it is; an unset `${N}` is an error; `${name:rest}`, where rest
// does not begin with `-`, `+` or `?`, is a reference for Connect's config providers: it stays, and
// `${N}` inside it is rendered.
//
// Thread-safety: pure functions. Source: docs/howto/connector-templates.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace storefront::connectors {

enum class Dialect { kDotenv, kTemplate };

// The value of a variable; nothing when it is unset.
using VariableLookup = std::function<std::optional<std::string>(absl::string_view name)>;

struct InterpolationProblem {
  size_t offset = 0;  // in the text, of the `$` that begins the expression
  std::string rule;   // VARIABLE_UNSET, VARIABLE_REQUIRED, INTERPOLATION_SYNTAX, REFERENCE_VALUE
  std::string message;
  std::string variable = {};
  bool operator==(const InterpolationProblem&) const = default;
};

// Where a provider reference stands in the output.
struct ReferenceSpan {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const ReferenceSpan&) const = default;
};

struct Interpolated {
  std::string text;
  std::vector<InterpolationProblem> errors;
  std::vector<InterpolationProblem> warnings;
  std::set<std::string> variables;        // all that are mentioned, used or not
  std::vector<ReferenceSpan> references;  // kTemplate only
};

// Always returns all problems at once; `text` is only meaningful without errors.
Interpolated Interpolate(absl::string_view text, Dialect dialect, const VariableLookup& lookup);

}  // namespace storefront::connectors
