// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/marker_event.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/connector-manager/digest.h"
#include "services/connector-manager/strict_json.h"

namespace storefront::connectors {
namespace {

constexpr int kDepthMax = 32;  // a schema is deep

const JsonNode* Member(const JsonNode* node, absl::string_view key) {
  if (node == nullptr) return nullptr;
  for (const auto& [name, value] : node->members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::optional<int64_t> Integer(const JsonNode* node) {
  int64_t number = 0;
  if (node == nullptr || !absl::SimpleAtoi(node->text, &number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<MarkerEvent> ParseMarkerEvent(absl::string_view json) {
  const JsonReading reading = ReadStrictJson(json, kDepthMax);
  if (!reading.faults.empty()) return std::nullopt;
  const JsonNode* event = &reading.root;
  if (const JsonNode* payload = Member(event, "payload")) event = payload;
  const JsonNode* after = Member(event, "after");
  const JsonNode* id = Member(after, "id");
  const auto seq = Integer(Member(after, "seq"));
  if (id == nullptr || id->kind != JsonNode::Kind::kString || !seq) return std::nullopt;
  MarkerEvent marker{.id = id->text, .seq = *seq, .source_lsn = {}};
  if (const auto lsn = Integer(Member(Member(event, "source"), "lsn"))) {
    const auto position = static_cast<uint64_t>(*lsn);
    marker.source_lsn = absl::StrFormat("%X/%X", position >> 32, position & 0xFFFFFFFF);
  }
  return marker;
}

std::string MarkerIdFor(absl::string_view connector) {
  std::string hex = Sha256Hex(absl::StrCat("storefront marker of connector ", connector));
  hex[12] = '8';  // RFC 9562: a UUID of one's own making
  hex[16] = '8';
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20, 12));
}

}  // namespace storefront::connectors
