// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/provider_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

using ::testing::HasSubstr;

TEST(ProviderReference, IsFoundAsConnectFindsIt) {
  const auto found = FindProviderReferences("a${file:/x/y:k:l}b${env:HOME}${none}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].begin, 1u);
  EXPECT_EQ(found[0].end, 17u);
  EXPECT_EQ(found[0].provider, "file");
  EXPECT_EQ(found[0].path, "/x/y");
  EXPECT_EQ(found[0].key, "k:l");
  EXPECT_EQ(found[1].provider, "env");
  EXPECT_EQ(found[1].path, "");
  EXPECT_EQ(found[1].key, "HOME");
}

TEST(ProviderReference, WholeMeansNothingElse) {
  EXPECT_TRUE(IsWholeProviderReference("${file:/a:k}"));
  EXPECT_FALSE(IsWholeProviderReference("${file:/a:k}x"));
  EXPECT_FALSE(IsWholeProviderReference("x${file:/a:k}"));
  EXPECT_FALSE(IsWholeProviderReference("${file:/a:k}${file:/a:l}"));
  EXPECT_FALSE(IsWholeProviderReference("${plain}"));
  EXPECT_FALSE(IsWholeProviderReference(""));
}

struct ReferenceCase {
  absl::string_view reference, refusal;
};
constexpr ReferenceCase kReferenceCases[] = {
    {"${file:/run/secrets/db.properties:password}", ""},
    {"${file:/etc/one.properties:k}", ""},
    {"${file:/run/secrets:k}", ""},
    {"${file:/run/secrets2/db:k}", "secret_paths"},
    {"${file:/etc/passwd:k}", "secret_paths"},
    {"${file:/run/secrets/../../etc/passwd:k}", "without . and .."},
    {"${file:/run/secrets//x:k}", "without . and .."},
    {"${file:run/secrets/x:k}", "absolute path"},
    {"${file:/run/secrets/x:}", "needs a key"},
    {"${env:PASSWORD}", "\"env\" is not allowed"},
    {"${dir:/run/secrets:k}", "\"dir\" is not allowed"},
};

TEST(ProviderReference, OnlyFilesBelowTheSecretPaths) {
  for (const ReferenceCase& c : kReferenceCases) {
    SCOPED_TRACE(c.reference);
    const auto found = FindProviderReferences(c.reference);
    ASSERT_EQ(found.size(), 1u);
    const std::string why = WhyReferenceRefused(found[0], {"/run/secrets/", "/etc/one.properties"});
    if (c.refusal.empty()) {
      EXPECT_EQ(why, "");
    } else {
      EXPECT_THAT(why, HasSubstr(std::string(c.refusal)));
    }
  }
}

TEST(ProviderReference, WithoutSecretPathsNoneIsAllowed) {
  EXPECT_THAT(WhyReferenceRefused(FindProviderReferences("${file:/a:k}")[0], {}),
              HasSubstr("secret_paths"));
}

}  // namespace
}  // namespace storefront::connectors
