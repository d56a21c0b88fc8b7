// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/config_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

using ::testing::IsEmpty;

struct RiskCase {
  const char *key, *from, *to;
  Risk risk;
};
constexpr RiskCase kRisks[] = {
    {"slot.name", "a", "b", Risk::kIdentity},
    {"snapshot.mode", "initial", "no_data", Risk::kIdentity},
    {"database.password", "a", "b", Risk::kSafe},
    {"value.converter", "a", "b", Risk::kContract},
    {"value.converter.schemas.enable", "true", "false", Risk::kContract},
    {"transforms.route.type", "a", "b", Risk::kContract},
    {"tombstones.on.delete", "true", "false", Risk::kContract},
    {"table.include.list", "a,b", "b, a", Risk::kSafe},
    {"table.include.list", "a,b", "a,b,c", Risk::kSafe},
    {"table.include.list", "a,b", "a,c", Risk::kIdentity},
    {"poll.interval.ms", "1", "2", Risk::kSafe},
};

TEST(ConfigDiff, RiskByKey) {
  for (const RiskCase& c : kRisks) {
    SCOPED_TRACE(c.key);
    RenderedConfig rendered;
    rendered.config[c.key] = c.to;
    rendered.origins[c.key].secret = IsSecretName(c.key);
    const auto changes = DiffConfig(rendered, {{c.key, c.from}, {"name", "x"}});
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].risk, c.risk);
    if (IsSecretName(c.key)) {
      EXPECT_EQ(changes[0].from, "***");
      EXPECT_EQ(changes[0].to, "***");
    }
  }
  RenderedConfig same;
  same.config["a"] = "1";
  same.origins["a"];
  EXPECT_THAT(DiffConfig(same, {{"a", "1"}, {"b", "2"}}), IsEmpty());
}

}  // namespace
}  // namespace storefront::connectors
