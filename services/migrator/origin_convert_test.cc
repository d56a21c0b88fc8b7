// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/origin_convert.h"

#include <gtest/gtest.h>

#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {
namespace {

TEST(OriginOf, WithoutARequestIdThereIsNone) {
  EXPECT_EQ(OriginOf("Undo", "me", "", v1::UndoRequest()).request_id, "");
}

TEST(OriginOf, EqualRequestsAreEqualAndOthersAreNot) {
  v1::UndoRequest request;
  request.set_target("1");
  request.set_request_id("a");
  const RunOrigin first = OriginOf("Undo", "me", "a", request);
  EXPECT_EQ(OriginOf("Undo", "me", "a", request).request_id, first.request_id);
  EXPECT_EQ(OriginOf("Undo", "me", "a", request).digest, first.digest);
  // An id belongs to a method and to who calls it.
  EXPECT_NE(OriginOf("Clean", "me", "a", request).request_id, first.request_id);
  EXPECT_NE(OriginOf("Undo", "you", "a", request).request_id, first.request_id);
  request.set_target("2");
  EXPECT_EQ(OriginOf("Undo", "me", "a", request).request_id, first.request_id);
  EXPECT_NE(OriginOf("Undo", "me", "a", request).digest, first.digest);
}

}  // namespace
}  // namespace storefront::migrator
