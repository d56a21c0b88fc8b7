// SPDX-License-Identifier: Apache-2.0
#include "libs/pg/connection.h"

#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/pg/errors.h"
#include "libs/status/error.h"

namespace storefront::pg {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ParsedOptions = std::unique_ptr<PQconninfoOption, OptionsDeleter>;

ParsedOptions Parse(const std::string& url, std::string* problem) {
  char* message = nullptr;
  ParsedOptions options(PQconninfoParse(url.c_str(), &message));
  if (message != nullptr) {
    if (problem != nullptr) *problem = message;
    PQfreemem(message);
  }
  return options;
}

// Keywords and values in the order in which libpq takes them: the url first, ours after it win.
class Keywords {
 public:
  explicit Keywords(const ConnectionOptions& options) {
    Add("dbname", options.url);
    if (!options.password.empty()) Add("password", options.password.Reveal());
    Add("application_name", options.application_name);
    Add("client_encoding", "UTF8");
    Add("connect_timeout",
        absl::StrCat(std::max<int64_t>(2, absl::ToInt64Seconds(options.connect_timeout))));
    Add("tcp_user_timeout", absl::StrCat(absl::ToInt64Milliseconds(options.tcp_user_timeout)));
    Add("keepalives_idle", "10");
    Add("keepalives_interval", "5");
    Add("keepalives_count", "3");
    std::string session;
    for (const auto& [name, value] : options.session_settings) {
      // In `options` a space ends an argument and a backslash quotes.
      absl::StrAppend(&session, session.empty() ? "" : " ", "-c ", name, "=",
                      absl::StrReplaceAll(value, {{"\\", "\\\\"}, {" ", "\\ "}}));
    }
    if (!session.empty()) Add("options", session);
  }

  PGconn* Connect() const {
    std::vector<const char*> names, values;
    for (const auto& [name, value] : pairs_) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/1);
  }

 private:
  void Add(std::string name, std::string value) {
    pairs_.emplace_back(std::move(name), std::move(value));
  }
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// Why a connect failed. libpq 17 gives no SQLSTATE for it, so the server's words decide; all we
// distinguish is "the server refuses us" from "no server".
absl::Status ConnectError(absl::string_view detail) {
  for (const absl::string_view refused :
       {"authentication failed", "no password supplied", "role \"", "is not permitted to log in",
        "no pg_hba.conf entry"}) {
    if (absl::StrContains(detail, refused)) return FromSqlState("connect", "28000", detail);
  }
  if (absl::StrContains(detail, "database \"") && absl::StrContains(detail, "does not exist")) {
    return FromSqlState("connect", "3D000", detail);
  }
  if (absl::StrContains(detail, "too many clients") ||
      absl::StrContains(detail, "remaining connection slots")) {
    return FromSqlState("connect", "53300", detail);
  }
  return FromLostConnection("connect", detail);
}

}  // namespace

absl::Status CheckUrl(const std::string& url) {
  std::string problem;
  const ParsedOptions options = Parse(url, &problem);
  if (!url.empty() && options != nullptr) return absl::OkStatus();
  return status::Error({.code = absl::StatusCode::kInvalidArgument,
                        .reason = status::Reason::kInvalidSetting,
                        .message = "database_url is not a Postgres URI such as "
                                   "postgresql://user@host:5432/database",
                        .fields = {{"database_url", "is not a Postgres URI"}},
                        .internal = problem});
}

std::string DatabaseName(const std::string& url) {
  const ParsedOptions options = Parse(url, nullptr);
  for (const PQconninfoOption* option = options.get();
       option != nullptr && option->keyword != nullptr; ++option) {
    if (std::strcmp(option->keyword, "dbname") == 0 && option->val != nullptr) return option->val;
  }
  return "";
}

absl::StatusOr<PgConn> ConnectLibpq(const ConnectionOptions& options) {
  if (absl::Status url = CheckUrl(options.url); !url.ok()) return url;
  PgConn connection(Keywords(options).Connect());
  if (connection == nullptr) return FromLostConnection("connect", "out of memory");
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return ConnectError(PQerrorMessage(connection.get()));
  }
  // Notices are asked for where they are wanted; by default libpq prints them to stderr.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  return connection;
}

absl::StatusOr<std::unique_ptr<pqxx::connection>> Connect(const ConnectionOptions& options) {
  auto raw = ConnectLibpq(options);
  if (!raw.ok()) return raw.status();
  std::unique_ptr<pqxx::connection> connection;
  absl::Status status = Guard("connect", [&] {
    connection =
        std::make_unique<pqxx::connection>(pqxx::connection::seize_raw_connection(raw->release()));
  });
  if (!status.ok()) return status;
  return connection;
}

}  // namespace storefront::pg
