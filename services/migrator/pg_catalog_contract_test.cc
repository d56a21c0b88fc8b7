// SPDX-License-Identifier: Apache-2.0
#include "libs/testing/servers.h"
#include "services/migrator/catalog_reader_contract.h"
#include "services/migrator/pg_catalog_reader.h"
#include "services/migrator/pg_history_table.h"

namespace storefront::migrator {
namespace {

constexpr const char* kObjects[] = {
    "create table orders (id integer primary key, total numeric not null)",
    "insert into orders select i, i from generate_series(1, 1000) i",
    "create index orders_total_idx on orders (total)",
    "analyze orders",
    "create publication pub for table orders",
    "create table fresh (i integer)",
    "alter table fresh replica identity full",
    "create table parts (i integer) partition by range (i)",
    "create table parts_1 partition of parts for values from (0) to (10)",
    "create table parts_2 partition of parts for values from (10) to (20)",
    "insert into parts select generate_series(0, 19)",
    "analyze parts_1",
    "analyze parts_2",
    "create view v as select 1 as one",
    "create schema \"Odd \"\"name\"",
    "create table \"Odd \"\"name\".t (i integer)",
    "insert into \"Odd \"\"name\".t values (1)",
    "delete from \"Odd \"\"name\".t",
    "vacuum analyze \"Odd \"\"name\".t",
};

// A database of its own on the shared server, dropped at the end.
class PgBench final : public CatalogBench {
 public:
  PgBench() : name_(testing::UniqueName("catalog")) {
    Run(testing::PostgresUrl(), "create database " + name_);
    url_ = testing::PostgresUrl();
    url_.replace(url_.find('/', url_.find("://") + 3) + 1, std::string::npos, name_);
    for (const char* sql : kObjects) Run(url_, sql);
    reader_ = std::make_unique<PgCatalogReader>(
        pg::ConnectionOptions{.url = url_,
                              .application_name = "catalog contract",
                              .session_settings = {{"lock_timeout", "1s"}}},
        "public");
  }
  ~PgBench() override {
    reader_.reset();
    Run(testing::PostgresUrl(), "drop database " + name_ + " with (force)");
  }
  CatalogReader& reader() override { return *reader_; }
  const std::string& url() const { return url_; }

  static void Run(const std::string& url, const std::string& sql) {
    auto connection = pg::ConnectLibpq({.url = url});
    ASSERT_THAT(connection, testing::IsOk());
    ASSERT_THAT(PgExecute(connection->get(), "set the bench up", sql).status(), testing::IsOk());
  }

 private:
  const std::string name_;
  std::string url_;
  std::unique_ptr<PgCatalogReader> reader_;
};

INSTANTIATE_TEST_SUITE_P(Postgres, CatalogReaderContract,
                         ::testing::Values([] { return std::make_unique<PgBench>(); }));

TEST(PgCatalogReader, ATableThatIsLockedAwayIsStillDescribed) {
  PgBench bench;
  auto blocker = pg::ConnectLibpq({.url = bench.url()}).value();
  ASSERT_THAT(PgExecute(blocker.get(), "begin", "begin").status(), testing::IsOk());
  ASSERT_THAT(PgExecute(blocker.get(), "lock", "lock table orders").status(), testing::IsOk());
  const auto found = bench.reader().Find({{"public", "orders"}});
  ASSERT_THAT(found, testing::IsOk());
  EXPECT_EQ(found->at(0)->estimated_rows, 1000);
  EXPECT_GT(found->at(0)->size_bytes, 0);
}

}  // namespace
}  // namespace storefront::migrator
