// Plans and the requests for them, between protobuf and the domain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/migration_plan.h"
#include "services/migrator/migrator.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {

MigrateRequest FromProto(const v1::PlanMigrationsRequest& request);
void ToProto(const MigrationPlan& plan, v1::MigrationPlan& out);

std::optional<LintPolicy> FromProto(v1::LintPolicy policy);

}  // namespace storefront::migrator
