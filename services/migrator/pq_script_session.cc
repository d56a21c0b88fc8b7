// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pq_script_session.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

constexpr int kTickMs = 250;
constexpr size_t kCopySlab = 256 * 1024;

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

struct CancelDeleter {
  void operator()(PGcancelConn* cancel) const { PQcancelFinish(cancel); }
};

}  // namespace

PqScriptSession::PqScriptSession(PGconn* connection, ScriptObserver& observer, std::stop_token stop)
    : connection_(connection),
      observer_(observer),
      stop_(std::move(stop)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  PQsetnonblocking(connection_, 1);
  PQsetNoticeReceiver(connection_, &PqScriptSession::OnNotice, this);
}

PqScriptSession::~PqScriptSession() {
  PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
  PQsetnonblocking(connection_, 0);
  if (wake_ >= 0) close(wake_);
}

void PqScriptSession::OnNotice(void* self, const PGresult* notice) {
  static_cast<PqScriptSession*>(self)->observer_.OnNotice(Field(notice, PG_DIAG_SEVERITY),
                                                          Field(notice, PG_DIAG_MESSAGE_PRIMARY));
}

bool PqScriptSession::lost() const {
  return !lost_text_.empty() || PQstatus(connection_) != CONNECTION_OK;
}

void PqScriptSession::CancelIfStopped() {
  if (!stop_.stop_requested()) return;
  const std::unique_ptr<PGcancelConn, CancelDeleter> cancel(PQcancelCreate(connection_));
  // A failure is repeated with the next tick; the statement may also just have ended.
  if (cancel != nullptr) PQcancelBlocking(cancel.get());
}

// Waits until something can be read, ticking meanwhile. False when the connection is gone.
bool PqScriptSession::WaitForInput() {
  const std::stop_callback wake(stop_, [fd = wake_] {
    const uint64_t one = 1;
    // The counter is far from full, so the write cannot fail.
    [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
  });
  while (PQisBusy(connection_) != 0) {
    const int unsent = PQflush(connection_);
    const auto readiness = static_cast<short>(POLLIN | (unsent == 1 ? POLLOUT : 0));
    pollfd waits[2] = {{.fd = PQsocket(connection_), .events = readiness, .revents = 0},
                       {.fd = wake_, .events = POLLIN, .revents = 0}};
    const nfds_t count = stop_.stop_requested() ? 1 : 2;
    const int ready = poll(waits, count, kTickMs);
    if (ready <= 0) observer_.OnTick();
    if (ready <= 0 || (count == 2 && waits[1].revents != 0)) CancelIfStopped();
    if (waits[0].revents == 0) continue;
    if (PQconsumeInput(connection_) == 0) {
      lost_text_ = absl::StrCat("lost: ", PQerrorMessage(connection_));
      return false;
    }
  }
  return true;
}

bool PqScriptSession::WaitToWrite() {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent == 0) return true;
    if (unsent < 0) break;
    pollfd wait{.fd = PQsocket(connection_), .events = POLLIN | POLLOUT, .revents = 0};
    if (poll(&wait, 1, kTickMs) <= 0) observer_.OnTick();
    if ((wait.revents & POLLIN) != 0 && PQconsumeInput(connection_) == 0) break;
  }
  lost_text_ = absl::StrCat("lost: ", PQerrorMessage(connection_));
  return false;
}

pg::PgResult PqScriptSession::NextResult() {
  if (lost() || !WaitForInput()) return nullptr;
  return pg::PgResult(PQgetResult(connection_));
}

// Notes what a result says. False when it is an error.
bool PqScriptSession::Take(const ScriptItem& item, PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR: {
      if (failure_) return false;
      const std::string state = Field(result, PG_DIAG_SQLSTATE);
      if (state.empty()) {  // made by libpq itself: the connection is gone
        lost_text_ = absl::StrCat("lost: ", PQresultErrorMessage(result));
        return false;
      }
      ItemFailure failure{.unit = unit_,
                          .statement = item.statement,
                          .sqlstate = state,
                          .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
                          .column = Field(result, PG_DIAG_COLUMN_NAME)};
      for (const char code : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT}) {
        if (const std::string more = Field(result, code); !more.empty()) {
          absl::StrAppend(&failure.message, ". ", more);
        }
      }
      if (!absl::SimpleAtoi(Field(result, PG_DIAG_STATEMENT_POSITION), &failure.character)) {
        failure.character = 0;
      }
      failure_ = std::move(failure);
      return false;
    }
    case PGRES_PIPELINE_ABORTED:
    case PGRES_BAD_RESPONSE:
      return false;
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
      if (item.keeps_answer) {  // which may come row by row
        std::vector<std::string>& answer = answers_.back();
        for (int row = 0; row < PQntuples(result); ++row) {
          for (int column = 0; column < PQnfields(result); ++column) {
            answer.emplace_back(PQgetvalue(result, row, column));
          }
        }
      }
      [[fallthrough]];
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_NONFATAL_ERROR:
    case PGRES_COPY_BOTH:
    case PGRES_PIPELINE_SYNC:
    case PGRES_TUPLES_CHUNK:
      if (const char* tag = PQcmdStatus(result); tag != nullptr && *tag != '\0') last_tag_ = tag;
      if (!absl::SimpleAtoi(PQcmdTuples(result), &rows_)) rows_ = 0;
      return true;
  }
  return true;
}

void PqScriptSession::Begin(const ScriptItem& item) {
  if (item.begins_unit && item.begins_unit != unit_) {
    unit_ = item.begins_unit;
    observer_.OnUnitStarted(*unit_);
  }
  if (item.statement) observer_.OnStatementStarted(*item.statement);
  if (item.keeps_answer) answers_.emplace_back();
  rows_ = 0;
}

// Takes the results of one item until its end.
bool PqScriptSession::FinishItem(const ScriptItem& item) {
  bool good = true;
  Begin(item);
  while (const pg::PgResult result = NextResult()) good = Take(item, result.get()) && good;
  good = good && !lost();
  if (good && item.statement) observer_.OnStatementFinished(*item.statement, rows_);
  return good;
}

bool PqScriptSession::Send(const ScriptItem& item) {
  const char* const sql = item.sql.c_str();
  const char* const name = item.kept_as.c_str();
  if (*name != '\0' && *sql != '\0') {
    return PQsendPrepare(connection_, name, sql, 0, nullptr) == 1;
  }
  std::vector<const char*> values;
  for (const auto& parameter : item.parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  const int count = static_cast<int>(values.size());
  if (*name != '\0') {
    return PQsendQueryPrepared(connection_, name, count, values.data(), nullptr, nullptr, 0) == 1;
  }
  return PQsendQueryParams(connection_, sql, count, nullptr, values.data(), nullptr, nullptr, 0) ==
         1;
}

bool PqScriptSession::RunPipeline(const std::vector<ScriptItem>& items) {
  failure_.reset();
  PQenterPipelineMode(connection_);
  bool sent = true;
  for (const ScriptItem& item : items) {
    // Without it the server keeps all answers until the end, and nobody could tell where it is.
    if (item.statement) sent = sent && PQsendFlushRequest(connection_) == 1;
    sent = sent && Send(item);
  }
  sent = sent && PQpipelineSync(connection_) == 1;
  if (!sent) {
    lost_text_ = absl::StrCat("lost: ", PQerrorMessage(connection_));
    return false;
  }
  bool good = true;
  for (const ScriptItem& item : items) {
    // Rows of the script's own queries are dropped one by one instead of piling up.
    if (item.statement) PQsetSingleRowMode(connection_);
    if (!good) {
      // Skipped by the server; nothing started, nothing to report.
      while (const pg::PgResult skipped = NextResult()) {
      }
      continue;
    }
    good = FinishItem(item);
    if (lost()) return false;
  }
  while (const pg::PgResult sync = NextResult()) {
    if (PQresultStatus(sync.get()) == PGRES_PIPELINE_SYNC) break;
  }
  if (lost()) return false;
  PQexitPipelineMode(connection_);
  return good;
}

bool PqScriptSession::RunAlone(const ScriptItem& item) {
  failure_.reset();
  if (PQsendQuery(connection_, item.sql.c_str()) != 1) {
    lost_text_ = absl::StrCat("lost: ", PQerrorMessage(connection_));
    return false;
  }
  if (item.statement) PQsetSingleRowMode(connection_);
  return FinishItem(item);
}

// False when the connection is lost, or the server has answered early.
bool PqScriptSession::SendCopyData(absl::string_view data) {
  while (!data.empty() && !stop_.stop_requested()) {
    const size_t slab = std::min(data.size(), kCopySlab);
    const int put = PQputCopyData(connection_, data.data(), static_cast<int>(slab));
    if (put < 0) return false;
    if (put == 1) data.remove_prefix(slab);
    if (!WaitToWrite()) return false;
  }
  return true;
}

bool PqScriptSession::RunCopy(const ScriptItem& item, const ScriptText& text, size_t offset,
                              size_t length) {
  failure_.reset();
  if (PQsendQuery(connection_, item.sql.c_str()) != 1) {
    lost_text_ = absl::StrCat("lost: ", PQerrorMessage(connection_));
    return false;
  }
  Begin(item);
  const pg::PgResult begin = NextResult();
  if (begin == nullptr) return false;
  bool good = Take(item, begin.get());
  if (good && PQresultStatus(begin.get()) == PGRES_COPY_IN) {
    text.Walk(offset, offset + length, [this](absl::string_view piece) {
      return SendCopyData(piece) && !stop_.stop_requested();
    });
    if (lost()) return false;
    const char* abort = stop_.stop_requested() ? "the run was cancelled" : nullptr;
    while (PQputCopyEnd(connection_, abort) == 0) {
      if (!WaitToWrite()) return false;
    }
  }
  while (const pg::PgResult result = NextResult()) good = Take(item, result.get()) && good;
  good = good && !lost();
  if (good && item.statement) observer_.OnStatementFinished(*item.statement, rows_);
  return good;
}

void PqScriptSession::Rollback() {
  if (lost()) return;
  const PGTransactionStatusType state = PQtransactionStatus(connection_);
  if (state != PQTRANS_INERROR && state != PQTRANS_INTRANS) return;
  const pg::PgResult result(PQexec(connection_, "rollback"));
  if (PQstatus(connection_) != CONNECTION_OK) lost_text_ = "lost in rollback";
}

}  // namespace storefront::migrator
