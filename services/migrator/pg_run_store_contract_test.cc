// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pg_run_store.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/testing/servers.h"
#include "services/migrator/pg_capture_store.h"
#include "services/migrator/pg_history_table.h"
#include "services/migrator/pg_side_schema.h"
#include "services/migrator/run_store_contract.h"

namespace storefront::migrator {
namespace {

// A database of its own on the shared server, dropped at the end.
class PgRunBench final : public RunStoreBench {
 public:
  PgRunBench() : name_(testing::UniqueName("runs")) {
    Execute({.url = testing::PostgresUrl()}, "create database " + name_);
    std::string url = testing::PostgresUrl();
    url.replace(url.find('/', url.find("://") + 3) + 1, std::string::npos, name_);
    connection_ = {.url = url};
  }
  ~PgRunBench() override {
    Execute({.url = testing::PostgresUrl()}, "drop database " + name_ + " with (force)");
  }

  static void Execute(const pg::ConnectionOptions& options, const std::string& sql) {
    auto connection = pg::ConnectLibpq(options);
    ASSERT_THAT(connection, testing::IsOk());
    ASSERT_THAT(PgExecute(connection->get(), "test", sql).status(), testing::IsOk()) << sql;
  }
  std::string Value(const std::string& sql) const {
    auto connection = pg::ConnectLibpq(connection_).value();
    return PQgetvalue(PgExecute(connection.get(), "test", sql).value().get(), 0, 0);
  }

  std::unique_ptr<RunStore> NewProcess() override {
    class Process final : public RunStore {
     public:
      Process(const pg::ConnectionOptions& connection, int32_t owner)
          : session_(connection, owner), store_(session_) {}
      absl::Status Create(const migrator::Run& run, const RunOrigin& origin) override {
        return store_.Create(run, origin);
      }
      absl::Status Save(const RunRecord& record) override { return store_.Save(record); }
      absl::StatusOr<std::vector<migrator::Run>> List(size_t count) override {
        return store_.List(count);
      }
      absl::StatusOr<std::optional<Run>> Get(absl::string_view id) override {
        return store_.Get(id);
      }
      absl::StatusOr<std::vector<RunEvent>> Events(absl::string_view id, int64_t after,
                                                   size_t count) override {
        return store_.Events(id, after, count);
      }
      absl::StatusOr<std::optional<KnownRequest>> FindRequest(absl::string_view id) override {
        return store_.FindRequest(id);
      }
      absl::StatusOr<int> InterruptOrphans() override { return store_.InterruptOrphans(); }
      absl::StatusOr<int> Forget(absl::Duration age) override { return store_.Forget(age); }

     private:
      PgSideSession session_;
      PgRunStore store_;
    };
    return std::make_unique<Process>(connection_, ++last_owner_);
  }

  const pg::ConnectionOptions& connection() const { return connection_; }

 private:
  const std::string name_;
  pg::ConnectionOptions connection_;
  int32_t last_owner_ = 1000;
};

INSTANTIATE_TEST_SUITE_P(Postgres, RunStoreContract,
                         ::testing::Values([] { return std::make_unique<PgRunBench>(); }));

TEST(PgRunStore, TextsAreKeptOnceAndLargeOnesByTheirDigest) {
  PgRunBench bench;
  auto store = bench.NewProcess();
  const auto run = StoredRun("r", absl::Now());
  const auto small = TextInMemory("select ${x};");
  const auto large = TextInMemory(std::string(PgRunStore::kTextKept + 1, 'x'));
  ASSERT_THAT(
      store->Save({.run = run,
                   .applied = {{1, "V1.sql", small}, {2, "V2.sql", small}, {3, "V3.sql", large}}}),
      testing::IsOk());
  EXPECT_EQ(bench.Value("select string_agg(bytes || ':' || coalesce(text, 'none'), ',' order by "
                        "bytes) from storefront_migrator.script"),
            "12:select ${x};,1048577:none");
  EXPECT_EQ(bench.Value("select count(*) from storefront_migrator.application a join "
                        "storefront_migrator.script s using (sha256)"),
            "3");
  EXPECT_EQ(bench.Value("select sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex') from "
                        "storefront_migrator.script where text is not null"),
            "t");
}

TEST(PgRunStore, ARoleWithoutTheRightIsToldWhatToGrant) {
  PgRunBench bench;
  const pg::ConnectionOptions admin{.url = testing::PostgresUrl()};
  const std::string role = testing::UniqueName("plain");
  const std::string database = pg::DatabaseName(bench.connection().url);
  PgRunBench::Execute(admin, "create role " + role);
  // From now on every session of this database has the role.
  PgRunBench::Execute(admin, "alter role postgres in database " + database + " set role = " + role);
  {
    PgSideSession session(bench.connection(), 7);
    PgRunStore store(session);
    EXPECT_EQ(store.Get("r").value(), std::nullopt) << "reading needs no right";
    const auto run = StoredRun("r", absl::Now());
    EXPECT_THAT(store.Create(run, {}), testing::HasReason(absl::StatusCode::kFailedPrecondition,
                                                          status::Reason::kSideSchemaDenied));
    PgRunBench::Execute(admin, "grant create on database " + database + " to " + role);
    EXPECT_THAT(store.Create(run, {}), testing::IsOk());
  }
  PgRunBench::Execute(admin, "alter role postgres in database " + database + " reset role");
  PgRunBench::Execute(bench.connection(), "drop owned by " + role);
  PgRunBench::Execute(admin, "drop role " + role);
}

TEST(PgRunStore, ManyMakersDoNotCollide) {
  PgRunBench bench;
  std::vector<std::jthread> makers;
  for (int32_t i = 0; i < 6; ++i) {
    makers.emplace_back([&bench, i] {
      PgSideSession session(bench.connection(), 100 + i);
      PgRunStore store(session);
      EXPECT_THAT(store.Create(StoredRun(absl::StrCat("r", i), absl::Now()), {}), testing::IsOk());
    });
  }
}

TEST(PgRunStore, TablesThatWereTakenAwayAreMadeAgain) {
  PgRunBench bench;
  PgSideSession session(bench.connection(), 8);
  PgRunStore store(session);
  const auto run = StoredRun("r", absl::FromUnixSeconds(1'767'225'600));
  ASSERT_THAT(store.Create(run, {}), testing::IsOk());
  PgRunBench::Execute(bench.connection(), "drop schema storefront_migrator cascade");
  EXPECT_EQ(store.Get("r").value(), std::nullopt);
  ASSERT_THAT(store.Save({.run = run}), testing::IsOk());
  EXPECT_EQ(store.Get("r").value(), run);
  PgRunBench::Execute(bench.connection(), "drop table storefront_migrator.schema_capture");
  EXPECT_THAT(PgCaptureStore(session).KeepCapture({.time = absl::Now()}), testing::IsOk());
}

TEST(PgCaptureStore, TheLastCaptureReplacesTheOneBefore) {
  PgRunBench bench;
  PgSideSession session(bench.connection(), 9);
  PgCaptureStore store(session);
  EXPECT_EQ(store.HasCapture().value(), false);
  EXPECT_FALSE(store.LastCapture().value().has_value());
  SchemaCapture capture{.time = absl::FromUnixMicros(1'767'225'600'123'456),
                        .run_id = "r",
                        .digest = "d",
                        .objects = {{"function", "public.f()", "line \"one\"\nline 'two' \\"}}};
  ASSERT_THAT(store.KeepCapture(capture), testing::IsOk());
  capture.run_id = "later";
  ASSERT_THAT(store.KeepCapture(capture), testing::IsOk());
  EXPECT_EQ(store.HasCapture().value(), true);
  const auto last = store.LastCapture().value();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->time, capture.time);
  EXPECT_EQ(last->run_id, "later");
  EXPECT_EQ(last->objects, capture.objects);
  EXPECT_EQ(bench.Value("select count(*) from storefront_migrator.schema_capture"), "1");
}

}  // namespace
}  // namespace storefront::migrator
