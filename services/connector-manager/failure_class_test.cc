// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/failure_class.h"

#include <gtest/gtest.h>

namespace storefront::connectors {
namespace {

TEST(ShownTrace, KeepsClassesAndMessagesOnly) {
  Redactor redactor;
  redactor.Add("hunter2");
  EXPECT_EQ(ShownTrace("a.B: first hunter2\n\tat x.y(Z.java:1)\n  more\nnot a cause hunter2\n"
                       "Caused by: c.D: second\n\t... 9 more",
                       redactor),
            "a.B: first ***\nCaused by: c.D: second");
  EXPECT_EQ(ShownTrace("", redactor), "");
}

TEST(FailureClass, EachHasAName) {
  for (int i = 0; i <= static_cast<int>(FailureClass::kUnknown); ++i) {
    EXPECT_FALSE(FailureClassName(static_cast<FailureClass>(i)).empty()) << i;
  }
  EXPECT_EQ(ClassifyText("all is well"), std::nullopt);
  EXPECT_EQ(ClassifyText("FATAL: password authentication failed for user \"x\""),
            FailureClass::kCredentials);
}

}  // namespace
}  // namespace storefront::connectors
