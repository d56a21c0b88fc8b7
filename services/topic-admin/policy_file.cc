// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/policy_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"

namespace storefront::topics {

absl::Status PolicyInvalid(absl::StatusCode code, const std::vector<PolicyProblem>& problems) {
  if (problems.empty()) return absl::OkStatus();
  std::vector<status::FieldViolation> fields;
  for (const PolicyProblem& problem : problems) {
    fields.push_back({problem.path, problem.description});
  }
  const std::string more =
      problems.size() == 1 ? "" : absl::StrCat(" (and ", problems.size() - 1, " more)");
  return status::Error(
      {.code = code,
       .reason = status::Reason::kPolicyInvalid,
       .message = absl::StrCat("The topic policy cannot be used: ", problems[0].path, " ",
                               problems[0].description, more, "."),
       .fields = std::move(fields)});
}

}  // namespace storefront::topics
