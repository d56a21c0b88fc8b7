// The migrator's settings.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/config/settings.h"
#include "services/migrator/fs_script_source.h"
#include "services/migrator/migrator.h"
#include "services/migrator/pg_migration_connection.h"
#include "services/migrator/placeholders.h"

namespace storefront::migrator {

std::vector<config::Setting> SettingRows();

struct Config {
  FsScriptSourceOptions source;
  CatalogOptions catalog;
  PgMigrationOptions database;
  PlaceholderValues placeholders;
  MigratorOptions migrator;
  size_t event_buffer = 10'000;
};

// What the rows cannot check alone: the url, name=value pairs, files of secrets, names.
// INVALID_ARGUMENT INVALID_SETTING.
absl::StatusOr<Config> MakeConfig(const config::Settings& settings);

}  // namespace storefront::migrator
