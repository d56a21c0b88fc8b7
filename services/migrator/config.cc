// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/config.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/connection.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {
namespace {

using config::Kind;

constexpr size_t kPlaceholderBytesMax = 8 * 1024;
constexpr size_t kIdentifierBytesMax = 63;

absl::Status Invalid(absl::string_view setting, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = absl::StrCat(setting, ": ", why),
                        .fields = {{std::string(setting), std::string(why)}}});
}

absl::StatusOr<std::map<std::string, std::string>> Pairs(const config::Settings& settings,
                                                         absl::string_view name) {
  std::map<std::string, std::string> pairs;
  for (const std::string& item : settings.List(name)) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Invalid(name, absl::StrCat("\"", item, "\" is not name=value"));
    }
    if (item.size() - equals - 1 > kPlaceholderBytesMax) {
      return Invalid(name, absl::StrCat(item.substr(0, equals), " has over 8 KiB"));
    }
    if (!pairs.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      return Invalid(name, absl::StrCat(item.substr(0, equals), " is given twice"));
    }
  }
  return pairs;
}

// The file's text without a line end at its end.
absl::StatusOr<std::string> ReadSecretFile(const std::string& name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Invalid("secret_placeholders",
                   absl::StrCat("the file of ", name, " cannot be read: ", path));
  }
  std::string value = text.str();
  if (value.size() > kPlaceholderBytesMax) {
    return Invalid("secret_placeholders", absl::StrCat(name, " has over 8 KiB"));
  }
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

absl::Status CheckIdentifier(absl::string_view setting, const std::string& value) {
  if (value.empty() || value.size() > kIdentifierBytesMax) {
    return Invalid(setting, "must have 1 to 63 bytes");
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<config::Setting> SettingRows() {
  return {
      {.name = "database_url",
       .doc = "Postgres URI of the database to migrate, without password.",
       .required = true},
      {.name = "database_password",
       .kind = Kind::kSecret,
       .doc = "Password of the role in database_url."},
      {.name = "locations",
       .kind = Kind::kList,
       .default_value = "migrations",
       .min = 1,
       .max = 16,
       .doc = "Folders with migration files; searched with all folders below them."},
      {.name = "schemas",
       .kind = Kind::kList,
       .default_value = "public",
       .min = 1,
       .max = 50,
       .doc = "Schemas that the migrations own."},
      {.name = "default_schema",
       .doc = "Schema of the history table, first in the search path; empty takes the first of "
              "schemas."},
      {.name = "create_schemas",
       .kind = Kind::kBool,
       .default_value = "true",
       .doc = "Creates schemas that are missing before the first migration."},
      {.name = "history_table",
       .default_value = "flyway_schema_history",
       .doc = "Name of the history table; shared with Flyway."},
      {.name = "installed_by",
       .doc = "Name in the history's installed_by; empty takes the role of the session."},
      {.name = "placeholders",
       .kind = Kind::kList,
       .max = 200,
       .doc = "Values of ${name} in scripts, as name=value."},
      {.name = "secret_placeholders",
       .kind = Kind::kList,
       .max = 200,
       .doc = "Values of ${name} that are masked wherever a text is shown, as name=file."},
      {.name = "raw_placeholders",
       .kind = Kind::kList,
       .max = 200,
       .doc =
           "Names whose values may hold quotes, semicolons and other characters with a meaning in "
           "SQL."},
      {.name = "validate_migration_naming",
       .kind = Kind::kBool,
       .default_value = "true",
       .doc = "Refuses .sql files whose name is no migration's; off, they are skipped."},
      {.name = "validate_on_migrate",
       .kind = Kind::kBool,
       .default_value = "true",
       .doc = "Compares files with the history before a run."},
      {.name = "out_of_order",
       .kind = Kind::kBool,
       .default_value = "false",
       .doc = "Applies versions below the highest applied one."},
      {.name = "lock_wait",
       .kind = Kind::kDuration,
       .default_value = "60s",
       .min = 0,
       .max = 3600,
       .doc = "How long a run waits while another session holds the history lock."},
      {.name = "lock_timeout",
       .kind = Kind::kDuration,
       .default_value = "5s",
       .min = 0,
       .max = 600,
       .doc = "How long a statement waits for a lock; others queue behind it that long. 0 = for "
              "ever."},
      {.name = "lock_retries",
       .kind = Kind::kInt,
       .default_value = "5",
       .min = 0,
       .max = 50,
       .doc = "How often a script is repeated after a lock timeout or a deadlock."},
      {.name = "statement_timeout",
       .kind = Kind::kDuration,
       .default_value = "0s",
       .min = 0,
       .max = 86400,
       .doc = "How long a statement may take. 0 = any time."},
      {.name = "connect_timeout",
       .kind = Kind::kDuration,
       .default_value = "5s",
       .min = 2,
       .max = 60,
       .doc = "How long one try to connect may take."},
      {.name = "connect_wait",
       .kind = Kind::kDuration,
       .default_value = "60s",
       .min = 0,
       .max = 3600,
       .doc = "How long a run waits for a server that went away under it."},
      {.name = "max_script_bytes",
       .kind = Kind::kBytes,
       .default_value = "256MiB",
       .min = 1024,
       .max = 1073741824,
       .doc = "Largest migration file."},
      {.name = "max_files",
       .kind = Kind::kInt,
       .default_value = "20000",
       .min = 1,
       .max = 1000000,
       .unit = "files",
       .doc = "Most migration files in all locations."},
      {.name = "max_statements",
       .kind = Kind::kInt,
       .default_value = "100000",
       .min = 1,
       .max = 10000000,
       .unit = "statements",
       .doc = "Most statements in one script."},
      {.name = "event_buffer",
       .kind = Kind::kInt,
       .default_value = "10000",
       .min = 100,
       .max = 1000000,
       .unit = "events",
       .doc = "Events kept of each run; the oldest go first."},
  };
}

absl::StatusOr<Config> MakeConfig(const config::Settings& settings) {
  Config made;
  RETURN_IF_ERROR(pg::CheckUrl(settings.String("database_url")));

  PgHistoryOptions& history = made.database.history;
  history.schemas = settings.List("schemas");
  history.default_schema = settings.String("default_schema");
  if (history.default_schema.empty()) history.default_schema = history.schemas.front();
  if (std::find(history.schemas.begin(), history.schemas.end(), history.default_schema) ==
      history.schemas.end()) {
    history.schemas.insert(history.schemas.begin(), history.default_schema);
  }
  for (const std::string& schema : history.schemas) {
    RETURN_IF_ERROR(CheckIdentifier("schemas", schema));
  }
  history.table = settings.String("history_table");
  RETURN_IF_ERROR(CheckIdentifier("history_table", history.table));
  if (history.table.find('"') != std::string::npos) {
    return Invalid("history_table", "must not have a quote; Flyway fails on it");
  }

  made.database.connection = {.url = settings.String("database_url"),
                              .password = settings.SecretValue("database_password"),
                              .application_name = "storefront-migrator worker",
                              .connect_timeout = settings.Duration("connect_timeout")};
  made.database.create_schemas = settings.Bool("create_schemas");
  made.database.installed_by = settings.String("installed_by");
  if (made.database.installed_by.size() > 100) {
    return Invalid("installed_by", "must have at most 100 bytes");
  }
  made.database.lock_timeout = settings.Duration("lock_timeout");
  made.database.statement_timeout = settings.Duration("statement_timeout");

  made.source = {.locations = settings.List("locations"),
                 .max_files = static_cast<size_t>(settings.Int("max_files")),
                 .max_script_bytes = settings.Bytes("max_script_bytes")};
  std::error_code error;
  made.catalog = {.validate_naming = settings.Bool("validate_migration_naming"),
                  .max_statements = static_cast<size_t>(settings.Int("max_statements")),
                  .default_schema = history.default_schema,
                  .history_table = history.table,
                  .working_directory = std::filesystem::current_path(error).string()};

  ASSIGN_OR_RETURN(made.placeholders.values, Pairs(settings, "placeholders"));
  ASSIGN_OR_RETURN(const auto secret_files, Pairs(settings, "secret_placeholders"));
  for (const auto& [name, path] : secret_files) {
    ASSIGN_OR_RETURN(made.placeholders.secrets[name], ReadSecretFile(name, path));
  }
  for (const std::string& name : settings.List("raw_placeholders")) {
    made.placeholders.raw.insert(name);
  }

  made.migrator = {.out_of_order = settings.Bool("out_of_order"),
                   .validate_on_migrate = settings.Bool("validate_on_migrate"),
                   .lock_wait = settings.Duration("lock_wait"),
                   .limits = {.lock_retries = static_cast<int>(settings.Int("lock_retries")),
                              .connect_wait = settings.Duration("connect_wait")}};
  made.event_buffer = static_cast<size_t>(settings.Int("event_buffer"));
  return made;
}

}  // namespace storefront::migrator
