// SPDX-License-Identifier: Apache-2.0
#include "cli/error_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/json_message.h"
#include "libs/status/error.h"
#include "libs/status/grpc_status.h"

namespace storefront::cli {

std::string ErrorText(const absl::Status& status, absl::string_view request_id, bool color) {
  const status::ErrorSpec details = status::DetailsOf(status);
  std::string out =
      absl::StrCat(color ? "\x1b[31merror:\x1b[0m " : "error: ", status.message(), "\n");
  // A wrong command line explains itself; the reason would only say so again.
  const bool usage = details.reason == status::Reason::kInvalidSetting && details.metadata.empty();
  if (details.reason != status::Reason::kUnspecified && !usage) {
    absl::StrAppend(&out, "reason: ", status::ReasonName(details.reason));
    if (!details.metadata.empty()) {
      absl::StrAppend(&out, " (", absl::StrJoin(details.metadata, ", ", absl::PairFormatter("=")),
                      ")");
    }
    absl::StrAppend(&out, "\n");
  }
  for (const status::FieldViolation& field : details.fields) {
    absl::StrAppend(&out, "  ", field.field, ": ", field.description, "\n");
  }
  for (const status::PreconditionViolation& violation : details.preconditions) {
    absl::StrAppend(&out, "  ", violation.subject, ": ", violation.description, "\n");
  }
  const absl::string_view hint = status::ReasonHint(details.reason);
  if (!hint.empty() && !usage) absl::StrAppend(&out, "hint: ", hint, "\n");
  if (details.retry_after) {
    absl::StrAppend(&out, "retry after: ", absl::FormatDuration(*details.retry_after), "\n");
  }
  if (!request_id.empty()) absl::StrAppend(&out, "request id: ", request_id, "\n");
  return out;
}

Document ErrorDocument(const absl::Status& status) {
  return ToDocument(status::ToRpcStatus(status));
}

}  // namespace storefront::cli
