// Statements of a script on one libpq connection: pipelines, COPY, cancel, progress.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/pg/connection.h"
#include "services/migrator/migration_connection.h"
#include "services/migrator/script_text.h"

namespace storefront::migrator {

// A statement to send. Items without an index are ours.
struct ScriptItem {
  std::string sql;
  std::vector<std::optional<std::string>> parameters = {};
  std::optional<size_t> statement = {};  // of the script
  std::optional<size_t> begins_unit = {};
  bool keeps_answer = false;  // its values go to answers()
  // Of a statement that the session keeps: `sql` is what it is made from, or is empty and the kept
  // one is carried out.
  std::string kept_as = {};
};

// What the server said about the item that failed first.
struct ItemFailure {
  std::optional<size_t> unit;
  std::optional<size_t> statement;
  std::string sqlstate;
  std::string message;  // with detail and hint
  std::string column;
  int character = 0;  // position in the statement, from 1
};

// Thread-safety: none. A stop is answered by cancel requests, repeated until the server obeys.
class PqScriptSession {
 public:
  PqScriptSession(PGconn* connection, ScriptObserver& observer, std::stop_token stop);
  ~PqScriptSession();
  PqScriptSession(const PqScriptSession&) = delete;
  PqScriptSession& operator=(const PqScriptSession&) = delete;

  // Sends all in one pipeline and waits for all answers: one round trip. False when an item failed
  // or the connection was lost.
  bool RunPipeline(const std::vector<ScriptItem>& items);

  // Sends one item by itself, by the simple protocol.
  bool RunAlone(const ScriptItem& item);

  // Sends COPY … FROM STDIN and its data: `length` bytes of `text` at `offset`.
  bool RunCopy(const ScriptItem& item, const ScriptText& text, size_t offset, size_t length);

  // Leaves a transaction that is still open.
  void Rollback();

  bool lost() const;
  const std::string& lost_text() const { return lost_text_; }
  const std::optional<ItemFailure>& failure() const { return failure_; }
  // The answers that were kept, in order: of each item all its rows, flat.
  const std::vector<std::vector<std::string>>& answers() const { return answers_; }
  // The command tag of the last item.
  const std::string& last_tag() const { return last_tag_; }

 private:
  // The next result, or null at the end of an item's results. Sets lost_text_ when the connection
  // is gone.
  pg::PgResult NextResult();
  bool Send(const ScriptItem& item);
  bool SendCopyData(absl::string_view data);
  bool WaitForInput();
  bool WaitToWrite();
  void CancelIfStopped();
  bool Take(const ScriptItem& item, PGresult* result);
  bool FinishItem(const ScriptItem& item);
  void Begin(const ScriptItem& item);
  static void OnNotice(void* self, const PGresult* notice);

  PGconn* connection_;
  ScriptObserver& observer_;
  std::stop_token stop_;
  int wake_ = -1;  // eventfd: a stop wakes the poll
  std::optional<ItemFailure> failure_;
  std::string lost_text_;
  std::optional<size_t> unit_;
  std::vector<std::vector<std::string>> answers_;
  std::string last_tag_;
  int64_t rows_ = 0;
};

}  // namespace storefront::migrator
