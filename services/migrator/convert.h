// Between protobuf and the domain, both ways.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/migrator/migrator.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {

// "migrations/V3" as "V3"; the field rule has checked the collection.
std::string IdOf(absl::string_view name);

absl::StatusOr<MigrateRequest> FromProto(const v1::MigrateRequest& request);

v1::Migration::State ToProto(MigrationState state);
void ToProto(const MigrationLine& line, const ScriptSet& set, v1::Migration& out);
void ToProto(const MigrationDetail& detail, v1::Migration& out);
void ToProto(const MigratorStatus& status, const std::string& history_table,
             v1::MigrationStatus& out);
void ToProto(const LockHolder& holder, v1::LockHolder& out);
void ToProto(const ValidationReport& report, v1::ValidateMigrationsResponse& out);
void ToProto(const Run& run, bool with_steps, v1::MigrationRun& out);
void ToProto(const RunEvent& event, v1::MigrationRunEvent& out);

}  // namespace storefront::migrator
