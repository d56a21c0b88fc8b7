// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fake_catalog_reader.h"

#include "services/migrator/catalog_reader_contract.h"

namespace storefront::migrator {
namespace {

class FakeBench final : public CatalogBench {
 public:
  FakeBench() {
    reader_.relations = {
        {.name = {"public", "orders"},
         .estimated_rows = 1000,
         .size_bytes = 100'000,
         .has_primary_key = true,
         .publications = {"pub"}},
        {.name = {"public", "orders_total_idx"},
         .kind = RelationKind::kIndex,
         .table = RelationName{"public", "orders"}},
        {.name = {"public", "fresh"}, .replica_identity = ReplicaIdentity::kFull},
        {.name = {"public", "parts"},
         .kind = RelationKind::kPartitionedTable,
         .estimated_rows = 20,
         .size_bytes = 16384,
         .children = {{"public", "parts_1"}, {"public", "parts_2"}}},
        {.name = {"public", "v"}, .kind = RelationKind::kView},
        {.name = {"Odd \"name", "t"}, .estimated_rows = 0},
    };
  }
  CatalogReader& reader() override { return reader_; }

 private:
  FakeCatalogReader reader_;
};

INSTANTIATE_TEST_SUITE_P(Fake, CatalogReaderContract,
                         ::testing::Values([] { return std::make_unique<FakeBench>(); }));

}  // namespace
}  // namespace storefront::migrator
