// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/config_value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace storefront::topics {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

const std::map<absl::string_view, ConfigKind>& Kinds() {
  static const auto& kinds = *new std::map<absl::string_view, ConfigKind>{
      {"cleanup.policy", ConfigKind::kList},
      {"compression.gzip.level", ConfigKind::kInteger},
      {"compression.lz4.level", ConfigKind::kInteger},
      {"compression.type", ConfigKind::kText},
      {"compression.zstd.level", ConfigKind::kInteger},
      {"delete.retention.ms", ConfigKind::kDuration},
      {"file.delete.delay.ms", ConfigKind::kDuration},
      {"flush.messages", ConfigKind::kInteger},
      {"flush.ms", ConfigKind::kDuration},
      {"follower.replication.throttled.replicas", ConfigKind::kList},
      {"index.interval.bytes", ConfigKind::kSize},
      {"leader.replication.throttled.replicas", ConfigKind::kList},
      {"local.retention.bytes", ConfigKind::kSize},
      {"local.retention.ms", ConfigKind::kDuration},
      {"max.compaction.lag.ms", ConfigKind::kDuration},
      {"max.message.bytes", ConfigKind::kSize},
      {"message.timestamp.after.max.ms", ConfigKind::kDuration},
      {"message.timestamp.before.max.ms", ConfigKind::kDuration},
      {"message.timestamp.type", ConfigKind::kText},
      {"min.cleanable.dirty.ratio", ConfigKind::kNumber},
      {"min.compaction.lag.ms", ConfigKind::kDuration},
      {"min.insync.replicas", ConfigKind::kInteger},
      {"preallocate", ConfigKind::kBool},
      {"remote.log.copy.disable", ConfigKind::kBool},
      {"remote.log.delete.on.disable", ConfigKind::kBool},
      {"remote.storage.enable", ConfigKind::kBool},
      {"retention.bytes", ConfigKind::kSize},
      {"retention.ms", ConfigKind::kDuration},
      {"segment.bytes", ConfigKind::kSize},
      {"segment.index.bytes", ConfigKind::kSize},
      {"segment.jitter.ms", ConfigKind::kDuration},
      {"segment.ms", ConfigKind::kDuration},
      {"unclean.leader.election.enable", ConfigKind::kBool},
  };
  return kinds;
}

bool MinusOneIsForever(absl::string_view key) {
  return key == "retention.ms" || key == "retention.bytes";
}

struct Unit {
  absl::string_view name;
  int64_t factor;
};
constexpr Unit kDurationUnits[] = {{"ms", 1},        {"s", 1000},       {"m", 60'000},
                                   {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
constexpr Unit kSizeUnits[] = {{"KiB", int64_t{1} << 10},
                               {"MiB", int64_t{1} << 20},
                               {"GiB", int64_t{1} << 30},
                               {"TiB", int64_t{1} << 40},
                               {"B", 1}};

absl::Status Refuse(absl::string_view text, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("`", text, "` is not ", allowed));
}

// Digits with an optional minus, no plus, no blanks: what Kafka itself parses.
std::optional<int64_t> Integer(absl::string_view text) {
  const absl::string_view digits = text.empty() || text[0] != '-' ? text : text.substr(1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

template <size_t N>
absl::StatusOr<std::string> WithUnit(absl::string_view key, absl::string_view text,
                                     const Unit (&units)[N], absl::string_view allowed) {
  if (text == "forever") {
    if (MinusOneIsForever(key)) return "-1";
    if (key == "max.compaction.lag.ms") return absl::StrCat(kForever);
    return absl::InvalidArgumentError(absl::StrCat("`forever` has no meaning for ", key));
  }
  if (const auto bare = Integer(text)) return absl::StrCat(*bare);
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = Integer(text.substr(0, digits));
  for (const Unit& unit : units) {
    if (!number || text.substr(digits) != unit.name) continue;
    if (*number > kForever / unit.factor) return Refuse(text, "within 64 bits");
    return absl::StrCat(*number * unit.factor);
  }
  return Refuse(text, allowed);
}

// Shortest decimal text: 0.50 and .5 are 0.5, as the broker reports it.
absl::StatusOr<std::string> Number(absl::string_view text) {
  double value = 0;
  if (text.find_first_not_of("0123456789.-eE+") != absl::string_view::npos ||
      !absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return Refuse(text, "a number");
  }
  return absl::StrCat(value);
}

}  // namespace

ConfigKind KindOf(absl::string_view key) {
  const auto found = Kinds().find(key);
  return found == Kinds().end() ? ConfigKind::kUnknown : found->second;
}

absl::StatusOr<std::string> CanonicalValue(absl::string_view key, absl::string_view text) {
  const std::string trimmed(absl::StripAsciiWhitespace(text));
  switch (KindOf(key)) {
    case ConfigKind::kUnknown:
      return std::string(text);
    case ConfigKind::kText:
      return trimmed;
    case ConfigKind::kList: {
      std::vector<std::string> items;
      for (absl::string_view item : absl::StrSplit(trimmed, ',', absl::SkipWhitespace())) {
        items.emplace_back(absl::StripAsciiWhitespace(item));
      }
      std::sort(items.begin(), items.end());
      items.erase(std::unique(items.begin(), items.end()), items.end());
      return absl::StrJoin(items, ",");
    }
    case ConfigKind::kBool: {
      const std::string lower = absl::AsciiStrToLower(trimmed);
      if (lower == "true" || lower == "false") return lower;
      return Refuse(text, "true or false");
    }
    case ConfigKind::kInteger: {
      const auto number = Integer(text);
      if (!number) return Refuse(text, "an integer");
      return absl::StrCat(*number);
    }
    case ConfigKind::kNumber:
      return Number(trimmed);
    case ConfigKind::kDuration:
      return WithUnit(key, text, kDurationUnits,
                      "a duration (milliseconds, or 500ms 10s 30m 24h 7d 2w)");
    case ConfigKind::kSize:
      return WithUnit(key, text, kSizeUnits, "a size (bytes, or 512B 64KiB 16MiB 1GiB 1TiB)");
  }
  return absl::InternalError("a kind without a case");
}

bool SameValue(absl::string_view key, absl::string_view a, absl::string_view b) {
  if (a == b) return true;
  const auto canonical_a = CanonicalValue(key, a);
  const auto canonical_b = CanonicalValue(key, b);
  return canonical_a.ok() && canonical_b.ok() && *canonical_a == *canonical_b;
}

std::optional<int64_t> Magnitude(absl::string_view key, absl::string_view canonical) {
  const ConfigKind kind = KindOf(key);
  if (kind != ConfigKind::kDuration && kind != ConfigKind::kSize && kind != ConfigKind::kInteger) {
    return std::nullopt;
  }
  const auto number = Integer(canonical);
  if (number && *number == -1 && MinusOneIsForever(key)) return kForever;
  return number;
}

bool ListHas(absl::string_view list, absl::string_view item) {
  for (absl::string_view part : absl::StrSplit(list, ',')) {
    if (absl::StripAsciiWhitespace(part) == item) return true;
  }
  return false;
}

}  // namespace storefront::topics
