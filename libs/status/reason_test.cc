// SPDX-License-Identifier: Apache-2.0
#include "libs/status/reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "storefront/errors/v1/errors.pb.h"

namespace storefront::status {
namespace {

TEST(Reason, EqualsTheProtoEnum) {
  const auto* descriptor = storefront::errors::v1::Reason_descriptor();
  std::set<std::string> ours;
  for (const ReasonInfo& info : AllReasons()) {
    SCOPED_TRACE(info.name);
    ours.insert(std::string(info.name));
    const auto* value = descriptor->FindValueByName(std::string(info.name));
    ASSERT_NE(value, nullptr) << "add it to proto/storefront/errors/v1/errors.proto";
    EXPECT_EQ(value->number(), static_cast<int>(info.reason));
  }
  for (int i = 1; i < descriptor->value_count(); ++i) {
    EXPECT_TRUE(ours.contains(descriptor->value(i)->name()))
        << descriptor->value(i)->name() << " has no row in libs/status/reasons.inc";
  }
}

TEST(Reason, EachHasAHintThatIsASentence) {
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_TRUE(info.hint.size() > 10 && info.hint.back() == '.') << info.name;
  }
}

TEST(Reason, NamesRoundTrip) {
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_EQ(ReasonFromName(ReasonName(info.reason)), info.reason);
  }
  EXPECT_EQ(ReasonName(Reason::kUnspecified), "REASON_UNSPECIFIED");
  EXPECT_EQ(ReasonFromName("NO_SUCH_REASON"), std::nullopt);
}

}  // namespace
}  // namespace storefront::status
