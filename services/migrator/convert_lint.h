// Lint requests and findings, between protobuf and the domain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/grpcserver/paging.h"
#include "services/migrator/lint.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {

// INVALID_ARGUMENT INVALID_FIELD names a rule that is none, or a migration's name of another form.
absl::StatusOr<LintRequest> FromProto(const v1::LintMigrationsRequest& request);
void ToProto(const LintFinding& finding, v1::LintFinding& out);
void ToProto(const std::vector<LintFinding>& findings, v1::LintCounts& out);
void ToProto(const LintReport& report, v1::Migration& out);
void ToProto(const LintReport& report, grpcserver::Page page, v1::LintMigrationsResponse& out);

// What shapes the list that a request pages through.
std::string PageQueryOf(v1::LintMigrationsRequest request);

}  // namespace storefront::migrator
