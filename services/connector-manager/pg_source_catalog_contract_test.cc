// Adapters of the source database on a real Postgres.
// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/pg_source_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "libs/testing/servers.h"
#include "libs/testing/status_matchers.h"

namespace storefront::connectors {
namespace {

using storefront::testing::IsOk;
using ::testing::Contains;
using ::testing::Field;

class SlotAdminContract : public ::testing::Test {
 protected:
  void SetUp() override {
    pqxx::connection server(storefront::testing::PostgresUrl());
    pqxx::nontransaction(server).exec("CREATE DATABASE " + name_);
    pqxx::connection database(url_);
    pqxx::nontransaction tx(database);
    tx.exec("CREATE ROLE " + name_ + " LOGIN REPLICATION");
    tx.exec("CREATE TABLE orders (id int PRIMARY KEY)");
    tx.exec("CREATE TABLE hidden (id int)");
    tx.exec("GRANT SELECT ON orders TO " + name_);
    tx.exec("CREATE PUBLICATION " + name_ + " FOR TABLE orders");
    tx.exec("CREATE SCHEMA cdc_audit");
    tx.exec(
        "CREATE TABLE cdc_audit.marker (id uuid PRIMARY KEY, seq bigint NOT NULL, "
        "written_at timestamptz NOT NULL)");
    tx.exec("SELECT pg_create_logical_replication_slot('" + name_ + "', 'pgoutput')");
  }
  void TearDown() override {
    EXPECT_THAT(slots_->Drop(name_, Limits()), IsOk());
    session_.reset();
    pqxx::connection server(storefront::testing::PostgresUrl());
    pqxx::nontransaction tx(server);
    tx.exec("DROP DATABASE " + name_ + " WITH (FORCE)");
    tx.exec("DROP ROLE " + name_);
  }
  CallLimits Limits() const { return {clock::SystemClock().Steady() + absl::Seconds(30), {}}; }
  static std::string UrlOf(const std::string& database) {
    std::string url = storefront::testing::PostgresUrl();
    return url.replace(url.rfind('/') + 1, std::string::npos, database);
  }

  const std::string name_ = storefront::testing::UniqueName("catalog");
  const std::string url_ = UrlOf(name_);
  std::shared_ptr<PgSession> session_ = MakePgSession(
      {.url = url_, .password = {}, .application_name = "contract"}, clock::SystemClock());
  std::unique_ptr<SourceCatalog> catalog_ = MakePgSourceCatalog(session_);
  std::unique_ptr<SlotAdmin> slots_ = MakePgSlotAdmin(session_, clock::SystemClock());
  std::unique_ptr<MarkerStore> markers_ = MakePgMarkerStore(session_);
};

TEST_F(SlotAdminContract, SlotsTellTheirState) {
  const auto slots = catalog_->Slots(Limits());
  ASSERT_THAT(slots, IsOk());
  EXPECT_THAT(*slots, Contains(::testing::AllOf(
                          Field(&SlotRow::name, name_), Field(&SlotRow::plugin, "pgoutput"),
                          Field(&SlotRow::database, name_), Field(&SlotRow::active, false),
                          Field(&SlotRow::wal_status, "reserved"),
                          Field(&SlotRow::invalidation_reason, ""))));
}

TEST_F(SlotAdminContract, DroppingTwiceIsFine) {
  EXPECT_THAT(slots_->Drop(name_, Limits()), IsOk());
  EXPECT_THAT(slots_->Drop(name_, Limits()), IsOk());
}

TEST_F(SlotAdminContract, FactsAreThoseOfRoleAndPublication) {
  const auto facts = catalog_->Facts(
      {.role = name_, .publication = name_, .signal_table = "cdc_audit.marker"}, Limits());
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->database, name_);
  EXPECT_EQ(facts->wal_level, "logical");
  EXPECT_TRUE(facts->role_exists && facts->role_can_login && facts->role_can_replicate);
  EXPECT_TRUE(facts->publication_exists);
  EXPECT_FALSE(facts->signal_insert);
  EXPECT_GT(facts->slots_free, 0);
  for (const SourceTable& table : facts->tables) {
    const bool is_orders = table.name == "public.orders";
    EXPECT_EQ(table.published, is_orders) << table.name;
    EXPECT_EQ(table.selectable, is_orders) << table.name;
    EXPECT_EQ(table.has_identity, table.name != "public.hidden") << table.name;
  }
  EXPECT_EQ(facts->tables.size(), 3u);
  const auto nobody = catalog_->Facts(
      {.role = "no'body", .publication = "no\"thing", .signal_table = ""}, Limits());
  ASSERT_THAT(nobody, IsOk());
  EXPECT_FALSE(nobody->role_exists || nobody->publication_exists);
}

TEST_F(SlotAdminContract, EachTouchOfTheMarkerHasAHigherSeq) {
  const std::string id = "01234567-89ab-8def-8123-456789abcdef";
  EXPECT_THAT(markers_->Touch(id, Limits()), storefront::testing::IsOkAndHolds(1));
  EXPECT_THAT(markers_->Touch(id, Limits()), storefront::testing::IsOkAndHolds(2));
}

TEST_F(SlotAdminContract, ALostConnectionIsMadeAnew) {
  ASSERT_THAT(catalog_->Slots(Limits()), IsOk());
  pqxx::connection server(storefront::testing::PostgresUrl());
  pqxx::nontransaction(server).exec(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  EXPECT_THAT(catalog_->Slots(Limits()), IsOk());
}

TEST_F(SlotAdminContract, AServerThatIsGoneIsUnavailable) {
  auto gone = MakePgSourceCatalog(MakePgSession(
      {.url = "postgresql://p@127.0.0.1:1/d", .password = {}, .application_name = "x"},
      clock::SystemClock()));
  EXPECT_THAT(gone->Slots(Limits()),
              storefront::testing::HasReason(absl::StatusCode::kUnavailable,
                                             status::Reason::kBackendUnavailable));
}

}  // namespace
}  // namespace storefront::connectors
