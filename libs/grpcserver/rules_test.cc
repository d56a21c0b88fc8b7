// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "libs/grpcserver/echo_test.pb.h"
#include "libs/testing/status_matchers.h"

namespace storefront::grpcserver {
namespace {

using echotest::EchoRequest;
using ::testing::Contains;
using ::testing::HasSubstr;

EchoRequest Valid() {
  EchoRequest request;
  request.set_text("hello");
  request.set_count(1);
  return request;
}

std::vector<std::string> Problems(const EchoRequest& request) {
  std::vector<std::string> problems;
  for (const auto& field : status::DetailsOf(CheckRules(request)).fields) {
    problems.push_back(field.field + " " + field.description);
  }
  return problems;
}

TEST(CheckRules, AValidRequestPasses) { EXPECT_THAT(CheckRules(Valid()), testing::IsOk()); }

TEST(CheckRules, NamesEveryFieldAtOnce) {
  EchoRequest request;
  request.set_number(std::numeric_limits<double>::quiet_NaN());
  request.set_name("Abc");
  (*request.mutable_rows())["orders"] = 0;
  (*request.mutable_rows())["b"] = 1;
  (*request.mutable_rows())["c"] = 1;
  request.set_color(static_cast<EchoRequest::Color>(7));
  *request.add_nested() = Valid();
  EchoRequest& nested = *request.add_nested();
  nested.set_text("toolong");
  nested.set_number(10);
  const auto problems = Problems(request);
  EXPECT_THAT(problems, Contains("text is required"));
  EXPECT_THAT(problems, Contains("number is not a number"));
  EXPECT_THAT(problems, Contains("name does not match [a-z]+"));
  EXPECT_THAT(problems, Contains("rows[\"orders\"] 0 is too small; at least 1"));
  EXPECT_THAT(problems, Contains("rows has 3 items; at most 2"));
  EXPECT_THAT(problems, Contains("count 0 is too small; more than 0"));
  EXPECT_THAT(problems, Contains("color 7 is not a value of Color"));
  EXPECT_THAT(problems, Contains("nested[1].text has 7 characters; at most 5"));
  EXPECT_THAT(problems, Contains("nested[1].number 10 is too large; less than 10"));
}

TEST(CheckRules, LengthsCountCharactersAndNulIsRefused) {
  EchoRequest request = Valid();
  request.set_text("äöüßé");
  EXPECT_THAT(CheckRules(request), testing::IsOk());
  request.set_text(std::string("a\0b", 3));
  EXPECT_THAT(Problems(request), Contains(HasSubstr("NUL")));
}

TEST(CheckRules, ReportsAHundredAtMost) {
  EchoRequest request = Valid();
  for (int i = 0; i < 500; ++i) request.add_nested();
  EXPECT_LE(Problems(request).size(), 101u);
}

}  // namespace
}  // namespace storefront::grpcserver
