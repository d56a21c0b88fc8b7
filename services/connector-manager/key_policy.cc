// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/key_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

enum class Match { kExact, kPrefix, kSuffix, kContains };

struct RefusedKey {
  Match match;
  absl::string_view text;
  absl::string_view why;
};

constexpr absl::string_view kClientWhy = "it would change the worker's Kafka clients";
constexpr absl::string_view kCodeWhy = "it would load or run code of the config's choosing";
constexpr absl::string_view kOutsideWhy =
    "it would send data to an address of the config's choosing";

constexpr RefusedKey kRefused[] = {
    {Match::kContains, ".override.", kClientWhy},
    {Match::kPrefix, "config.providers", "providers are the worker's"},
    {Match::kPrefix, "sasl.", kClientWhy},
    {Match::kContains, ".sasl.", kClientWhy},
    {Match::kSuffix, ".endpoint.url", kOutsideWhy},
    {Match::kContains, "jaas", kClientWhy},
    {Match::kPrefix, "driver.", kCodeWhy},
    {Match::kExact, "database.sslfactory", kCodeWhy},
    {Match::kExact, "database.initial.statements", kCodeWhy},
    {Match::kPrefix, "notification.http.", kOutsideWhy},
    {Match::kPrefix, "openlineage.", kOutsideWhy},
    {Match::kExact, "converters", kCodeWhy},
    {Match::kExact, "post.processors", kCodeWhy},
    {Match::kSuffix, ".custom.name", kCodeWhy},
};

bool Matches(const RefusedKey& rule, absl::string_view key) {
  switch (rule.match) {
    case Match::kExact:
      return key == rule.text;
    case Match::kPrefix:
      return absl::StartsWith(key, rule.text);
    case Match::kSuffix:
      return absl::EndsWith(key, rule.text);
    case Match::kContains:
      return absl::StrContains(key, rule.text);
  }
  return true;
}

bool Has(const std::vector<std::string>& list, absl::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]";
}

bool IsLinkLocalOrMetadata(absl::string_view host) {
  return absl::StartsWith(host, "169.254.") || absl::StartsWith(host, "fe80:") ||
         absl::StartsWith(host, "[fe80:") || absl::StartsWith(host, "fd00:ec2:") ||
         absl::StrContains(host, "metadata") || host == "instance-data";
}

bool IsAllowedHost(const KeyPolicy& policy, absl::string_view host) {
  if (Has(policy.allowed_hosts, host)) return true;
  return IsLoopback(host) && std::any_of(policy.allowed_hosts.begin(), policy.allowed_hosts.end(),
                                         [](const auto& one) { return IsLoopback(one); });
}

bool IsAllowedTransform(absl::string_view type) {
  return !absl::StrContains(type, "scripting") &&
         (absl::StartsWith(type, "org.apache.kafka.connect.transforms.") ||
          absl::StartsWith(type, "io.debezium.transforms."));
}

class Checker {
 public:
  Checker(const ConnectorConfig& config, const KeyPolicy& policy)
      : config_(config), policy_(policy) {}

  std::vector<Finding> Run() && {
    for (const auto& [key, value] : config_) Key(key, value);
    const auto plugin = config_.find("connector.class");
    if (plugin == config_.end()) {
      Refuse("connector.class", "the connector's class is missing");
    } else if (!Has(policy_.allowed_classes, plugin->second)) {
      Refuse("connector.class", "this connector class is not in the setting allowed_classes");
    }
    return std::move(findings_);
  }

 private:
  void Refuse(absl::string_view key, std::string message) {
    findings_.push_back({.severity = Severity::kError,
                         .rule = "KEY_REFUSED",
                         .message = std::move(message),
                         .key = std::string(key)});
  }

  void Key(const std::string& key, const std::string& value) {
    const std::string lower = absl::AsciiStrToLower(key);
    for (const RefusedKey& rule : kRefused) {
      if (Matches(rule, lower)) {
        Refuse(key, absl::StrCat("the key ", key, " is refused: ", rule.why));
        return;
      }
    }
    if (key == "database.hostname") {
      Host(key, absl::AsciiStrToLower(value));
    } else if (key == "signal.kafka.bootstrap.servers" && value != policy_.bootstrap_servers) {
      Refuse(key, "signals may come from this stack's own Kafka only");
    } else if ((absl::StartsWith(key, "transforms.") || absl::StartsWith(key, "predicates.")) &&
               absl::EndsWith(key, ".type") && !IsAllowedTransform(value)) {
      Refuse(
          key,
          "only transforms of Kafka Connect and Debezium are allowed, and none that runs scripts");
    } else if (!policy_.allow_custom_sql &&
               ((key == "heartbeat.action.query" && value != kHeartbeatQuery) ||
                absl::StartsWith(key, "snapshot.select.statement.overrides"))) {
      Refuse(key, "SQL of one's own needs the setting allow_custom_sql");
    }
  }

  void Host(const std::string& key, const std::string& host) {
    if (IsLinkLocalOrMetadata(host)) {
      Refuse(key, "link-local and metadata addresses are never allowed");
    } else if (!IsAllowedHost(policy_, host)) {
      Refuse(key, "the host is not in the setting allowed_hosts");
    }
  }

  const ConnectorConfig& config_;
  const KeyPolicy& policy_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckKeys(const ConnectorConfig& config, const KeyPolicy& policy) {
  return Checker(config, policy).Run();
}

}  // namespace storefront::connectors
