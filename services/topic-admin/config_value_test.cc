// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/config_value.h"

#include <gtest/gtest.h>

#include <limits>

#include "libs/testing/status_matchers.h"

namespace storefront::topics {
namespace {

using ::storefront::testing::IsOkAndHolds;
using ::storefront::testing::StatusIs;

struct Case {
  const char* key;
  const char* text;
  const char* canonical;  // null: refused
};

constexpr Case kCases[] = {
    {"retention.ms", "604800000", "604800000"},
    {"retention.ms", "7d", "604800000"},
    {"retention.ms", "2w", "1209600000"},
    {"retention.ms", "500ms", "500"},
    {"retention.ms", "30m", "1800000"},
    {"retention.ms", "-1", "-1"},
    {"retention.ms", "forever", "-1"},
    {"max.compaction.lag.ms", "forever", "9223372036854775807"},
    {"segment.ms", "forever", nullptr},
    {"retention.ms", "1.5d", nullptr},
    {"retention.ms", "1 d", nullptr},
    {"retention.ms", " 1000", nullptr},
    {"retention.ms", "1D", nullptr},
    {"retention.ms", "d", nullptr},
    {"retention.ms", "", nullptr},
    {"retention.ms", "9223372036854775807w", nullptr},
    {"retention.ms", "99999999999999999999", nullptr},
    {"retention.ms", "+1", nullptr},
    {"retention.bytes", "1GiB", "1073741824"},
    {"retention.bytes", "512B", "512"},
    {"retention.bytes", "1GB", nullptr},
    {"retention.bytes", "forever", "-1"},
    {"segment.bytes", "8388608TiB", nullptr},
    {"min.cleanable.dirty.ratio", "0.50", "0.5"},
    {"min.cleanable.dirty.ratio", ".5", "0.5"},
    {"min.cleanable.dirty.ratio", "nan", nullptr},
    {"preallocate", "TRUE", "true"},
    {"preallocate", "yes", nullptr},
    {"cleanup.policy", "delete, compact", "compact,delete"},
    {"cleanup.policy", "", ""},
    {"min.insync.replicas", "2", "2"},
    {"min.insync.replicas", "two", nullptr},
    {"a.key.of.tomorrow", " as it is ", " as it is "},
};

TEST(CanonicalValue, GivesKafkasFormOrSaysWhatIsAllowed) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(::testing::Message() << c.key << "=" << c.text);
    if (c.canonical == nullptr) {
      EXPECT_THAT(CanonicalValue(c.key, c.text), StatusIs(absl::StatusCode::kInvalidArgument));
    } else {
      EXPECT_THAT(CanonicalValue(c.key, c.text), IsOkAndHolds(c.canonical));
    }
  }
}

TEST(SameValue, ComparesWhatIsMeant) {
  EXPECT_TRUE(SameValue("retention.ms", "7d", "604800000"));
  EXPECT_TRUE(SameValue("cleanup.policy", "delete,compact", "compact, delete"));
  EXPECT_TRUE(SameValue("min.cleanable.dirty.ratio", "0.50", "0.5"));
  EXPECT_FALSE(SameValue("retention.ms", "7d", "604800001"));
  EXPECT_FALSE(SameValue("cleanup.policy", "delete", "compact,delete"));
  EXPECT_FALSE(SameValue("a.key.of.tomorrow", "1", "1 "));
}

TEST(Magnitude, MakesUnlimitedTheLongest) {
  EXPECT_EQ(Magnitude("retention.ms", "-1"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Magnitude("local.retention.ms", "-2"), -2);
  EXPECT_EQ(Magnitude("segment.ms", "1000"), 1000);
  EXPECT_EQ(Magnitude("cleanup.policy", "delete"), std::nullopt);
}

TEST(ListHas, FindsWholeItemsOnly) {
  EXPECT_TRUE(ListHas("compact,delete", "delete"));
  EXPECT_TRUE(ListHas("compact, delete", "delete"));
  EXPECT_FALSE(ListHas("compact", "comp"));
  EXPECT_FALSE(ListHas("", "delete"));
}

}  // namespace
}  // namespace storefront::topics
