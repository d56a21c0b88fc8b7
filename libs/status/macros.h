// The two macros that Abseil 20240722 lacks. Each evaluates its expression once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function when the status is not OK.
#define RETURN_IF_ERROR(expression)                          \
  do {                                                       \
    absl::Status storefront_status_ = (expression);          \
    if (!storefront_status_.ok()) return storefront_status_; \
  } while (false)

#define STOREFRONT_CONCAT_INNER(a, b) a##b
#define STOREFRONT_CONCAT(a, b) STOREFRONT_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(const Plan plan, MakePlan()): declares or assigns, or returns the error.
#define ASSIGN_OR_RETURN(declaration, expression)                                           \
  STOREFRONT_ASSIGN_OR_RETURN(STOREFRONT_CONCAT(storefront_result_, __LINE__), declaration, \
                              expression)
#define STOREFRONT_ASSIGN_OR_RETURN(result, declaration, expression) \
  auto result = (expression);                                        \
  if (!result.ok()) return std::move(result).status();               \
  declaration = *std::move(result)
