// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/secret_keys.h"

#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

TEST(SecretName, ByItsWords) {
  for (absl::string_view name :
       {"database.password", "DEBEZIUM_PASSWORD", "x.Secret.y", "API_KEY", "apikey", "api.key",
        "sasl.jaas.config", "database.sslkey", "oauth.token", "my.credentials"}) {
    EXPECT_TRUE(IsSecretName(name)) << name;
  }
  for (absl::string_view name :
       {"database.user", "topic.prefix", "message.key.columns", "sslmode"}) {
    EXPECT_FALSE(IsSecretName(name)) << name;
  }
}

TEST(ShownValue, MasksSecretsAndShowsReferences) {
  EXPECT_EQ(ShownValue("database.password", "hunter2", false), "***");
  EXPECT_EQ(ShownValue("database.user", "hunter2", true), "***");
  EXPECT_EQ(ShownValue("database.user", "debezium", false), "debezium");
  EXPECT_EQ(ShownValue("database.password", "${file:/s:k}", false), "${file:/s:k}");
  EXPECT_EQ(ShownValue("database.password", "hunter2${file:/s:k}", false), "***");
  EXPECT_EQ(ShownValue("database.password", "", false), "");
}

TEST(Redactor, ReplacesLongestFirst) {
  Redactor redactor;
  redactor.Add("hunter");
  redactor.Add("hunter2more");
  redactor.Add("abc");  // too short to search for
  EXPECT_EQ(redactor.Redact("x hunter2more hunter2 abc"), "x *** ***2 abc");
}

TEST(Redactor, TakesSecretsOfAConfigButNoReferences) {
  Redactor redactor;
  redactor.AddSecretsOf(
      {{"a.password", "pass-value"}, {"b.password", "${file:/s:k}"}, {"c", "plain"}});
  EXPECT_EQ(redactor.Redact("pass-value ${file:/s:k} plain"), "*** ${file:/s:k} plain");
}

}  // namespace
}  // namespace storefront::connectors
