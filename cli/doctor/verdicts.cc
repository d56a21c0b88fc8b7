// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/verdicts.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/probe_age.h"
#include "libs/status/error.h"

namespace storefront::cli {
namespace {

constexpr char kStart[] = "make up";
constexpr int64_t kLagWarnBytes = int64_t{1} << 30;

int64_t WholeNumberAt(const Document& document, absl::string_view path) {
  return std::strtoll(TextAt(document, path).c_str(), nullptr, 10);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// The answer's error as a finding: a backend that is away belongs to another hop.
Finding FromError(const absl::Status& status, const std::string& fix, const std::string& log) {
  std::string text(status.message());
  for (const auto& violation : status::DetailsOf(status).preconditions) {
    absl::StrAppend(&text, " ", violation.description);
    break;
  }
  for (const auto& field : status::DetailsOf(status).fields) {
    absl::StrAppend(&text, " ", field.field, ": ", field.description);
    break;
  }
  return Fail(std::move(text), fix, log);
}

std::string OwnerText(const PortAnswer& port) {
  return port.owner.empty() ? "something else" : port.owner;
}

// What a class of fault concerns: the hop before Connect, or the connector itself.
bool IsAboutDebezium(absl::string_view word) {
  for (const char* part : {"CREDENTIALS", "ROLE", "PUBLICATION", "WAL_LEVEL", "LOGIN", "GRANT"}) {
    if (absl::StrContains(word, part)) return true;
  }
  return false;
}

// The first error that blocks the plan, by rule; empty when none fits.
const Document* BlockingFinding(const Answer& plan, bool about_debezium) {
  if (!plan.ok() || !plan->contains("steps")) return nullptr;
  for (const Document& step : plan->at("steps")) {
    if (TextAt(step, "action") != "BLOCKED" || !step.contains("findings")) continue;
    for (const Document& finding : step.at("findings")) {
      if (TextAt(finding, "severity") != "ERROR") continue;
      if (IsAboutDebezium(TextAt(finding, "rule")) == about_debezium) return &finding;
    }
  }
  return nullptr;
}

}  // namespace

Finding JudgeOwner(const std::string& server, const std::string& address, const PortAnswer& port) {
  if (port.state == PortState::kForeign) {
    return Fail(absl::StrCat(address, " is taken by ", OwnerText(port), ", which is no ", server),
                absl::StrCat("stop it, or give ", server, " another port"));
  }
  return Ok("");
}

Finding JudgeBackend(const std::string& server, const std::string& address,
                     const PortAnswer& port) {
  const std::string log = server == "connect" ? "connect" : server;
  switch (port.state) {
    case PortState::kClosed:
      return Fail(absl::StrCat("nothing listens at ", address), kStart, log);
    case PortState::kSilent:
      return Fail(absl::StrCat(address, " takes connections but does not answer",
                               port.owner.empty() ? "" : absl::StrCat(": ", port.owner)),
                  absl::StrCat("look at what the process is doing; end it and ", kStart), log);
    case PortState::kForeign:
      return JudgeOwner(server, address, port);
    case PortState::kSpeaks:
      if (port.http_status >= 400) {
        return Fail(absl::StrCat(address, " answers with HTTP ", port.http_status),
                    "wait if it has just been started; its log has the cause", log);
      }
      return Ok(absl::StrCat("answers at ", address));
  }
  return Ok("");
}

Finding JudgeService(const std::string& service, const std::string& address,
                     const absl::StatusOr<std::string>& live,
                     const absl::StatusOr<std::string>& ready) {
  if (!live.ok()) {
    const bool away = live.status().code() == absl::StatusCode::kUnavailable;
    return Fail(away ? absl::StrCat("nothing listens at ", address)
                     : absl::StrCat(address, " does not answer as a ", service),
                kStart, service);
  }
  if (*live != "SERVING") return Fail(absl::StrCat("says ", *live), kStart, service);
  if (ready.ok() && *ready == "NOT_SERVING") {
    return Warn("lives, but does not reach its backends",
                "the hops of its backends tell which one");
  }
  return Ok(absl::StrCat("serves at ", address));
}

Finding JudgeMigrations(const Answer& status, const Answer& runs, const Answer& validation) {
  const std::string migrate = "storefrontctl migrations migrate --wait";
  if (!status.ok()) return FromError(status.status(), "storefrontctl migrations list", "migrator");
  if (WholeNumberAt(*status, "failedCount") > 0) {
    return Fail(absl::StrCat(TextAt(*status, "failed.0.script"), " failed and blocks all others"),
                "storefrontctl migrations list", "migrator");
  }
  const int64_t pending = WholeNumberAt(*status, "pendingCount");
  if (pending > 0 && runs.ok()) {
    if (TextAt(*runs, "migrationRuns.0.state") == "FAILED") {
      return Fail(FirstLine(TextAt(*runs, "migrationRuns.0.error.message")),
                  absl::StrCat("correct the script, then ", migrate), "migrate");
    }
    if (TextAt(*runs, "migrationRuns.0.state") == "RUNNING") {
      return Warn("a run is under way", "storefrontctl migration-runs list");
    }
  }
  if (!validation.ok()) {
    return FromError(validation.status(), "storefrontctl migrations validate", "migrator");
  }
  if (TextAt(*validation, "valid") == "false" && TextAt(*validation, "findings.0.code") != "") {
    const std::string code = TextAt(*validation, "findings.0.code");
    // A file that is not applied yet is the plain case below.
    if (!absl::StrContains(code, "NOT_APPLIED")) {
      return Fail(absl::StrCat(code, ": ", TextAt(*validation, "findings.0.message")),
                  "storefrontctl migrations validate", "migrator");
    }
  }
  if (pending > 0) {
    return Fail(
        absl::StrCat(pending, pending == 1 ? " migration is" : " migrations are", " pending"),
        migrate, "migrate");
  }
  return Ok(absl::StrCat("version ", TextAt(*status, "currentVersion"), ", ",
                         TextAt(*status, "appliedCount"), " applied"));
}

Finding JudgeDebezium(const Answer& plan, const Answer& connector) {
  if (const Document* finding = BlockingFinding(plan, /*about_debezium=*/true)) {
    return Fail(TextAt(*finding, "message"), "storefrontctl connectors plan", "connect-init");
  }
  if (connector.ok() && connector->contains("conditions")) {
    for (const Document& condition : connector->at("conditions")) {
      if (!IsAboutDebezium(TextAt(condition, "class"))) continue;
      const std::string fix = TextAt(condition, "fix");
      return Fail(
          TextAt(condition, "message"),
          fix.empty() ? "correct Debezium's role or password in Postgres and in the secrets" : fix,
          "connect");
    }
  }
  if (!connector.ok() && !plan.ok()) return NotChecked("the connector-manager did not answer");
  return Ok("role, publication and WAL level are as Debezium needs them");
}

Finding JudgeTopics(const Answer& policy, const Answer& plan) {
  if (!policy.ok()) return FromError(policy.status(), "correct topics/policy.json", "topic-admin");
  if (!plan.ok()) return FromError(plan.status(), "storefrontctl topics plan", "topic-admin");
  const int64_t creates = WholeNumberAt(*plan, "summary.creates");
  const int64_t changes = WholeNumberAt(*plan, "summary.changes");
  if (creates > 0) {
    return Fail(absl::StrCat(creates, creates == 1 ? " topic is" : " topics are", " missing"),
                "storefrontctl topics apply --yes --wait", "topic-policy");
  }
  if (changes > 0) {
    return Warn(absl::StrCat(changes, " settings differ from the policy"),
                "storefrontctl topics plan");
  }
  if (WholeNumberAt(*plan, "summary.blocked") > 0) {
    return Warn(absl::StrCat(WholeNumberAt(*plan, "summary.blocked"), " topics are blocked"),
                "storefrontctl topics plan");
  }
  return Ok("as the policy wants them");
}

Finding JudgeConnect(const Answer& cluster) {
  if (!cluster.ok()) return FromError(cluster.status(), kStart, "connect");
  const std::string health = TextAt(*cluster, "health");
  if (health == "HEALTHY") return Ok(absl::StrCat("version ", TextAt(*cluster, "version")));
  const std::string message = TextAt(*cluster, "message");
  return Fail(absl::StrCat(health, message.empty() ? "" : ": ", message),
              "wait if it has just been started; its log has the cause", "connect");
}

Finding JudgeConnector(const Answer& plan, const Answer& connector) {
  const std::string apply = "storefrontctl connectors apply --yes --wait";
  if (!connector.ok()) return FromError(connector.status(), apply, "connector-manager");
  const std::string state = TextAt(*connector, "state");
  if (state == "STREAMING") return Ok("STREAMING");
  if (state == "SNAPSHOTTING" || state == "PENDING") return Warn(state, "wait");
  if (state == "PAUSED" || state == "STOPPED") {
    return Fail(absl::StrCat("held: ", state), absl::StrCat("storefrontctl connectors resume ",
                                                            TextAt(*connector, "displayName")));
  }
  if (state == "ABSENT") {
    if (const Document* finding = BlockingFinding(plan, /*about_debezium=*/false)) {
      return Fail(TextAt(*finding, "message"), "storefrontctl connectors plan", "connect-init");
    }
    return Fail("not applied", apply, "connect-init");
  }
  std::string what = state, fix = TextAt(*connector, "conditions.0.fix");
  if (const std::string seen = TextAt(*connector, "conditions.0.message"); !seen.empty()) {
    absl::StrAppend(&what, ": ", seen);
  }
  for (const char* trace : {"tasks.0.trace", "trace"}) {
    if (const std::string text = TextAt(*connector, trace); !text.empty()) {
      absl::StrAppend(&what, " (", FirstLine(text), ")");
      break;
    }
  }
  if (fix.empty()) fix = "storefrontctl connectors get --output yaml";
  return Fail(std::move(what), std::move(fix), "connect");
}

Finding JudgeSlot(const Answer& connector) {
  if (!connector.ok()) return NotChecked("the connector is not known");
  if (!connector->contains("slot")) {
    return Fail("the replication slot is not there", "storefrontctl replication-slots list",
                "connect");
  }
  const std::string status = TextAt(*connector, "slot.walStatus");
  if (status == "lost") {
    return Fail("the slot has lost its WAL: changes are missing",
                "delete the connector with its offsets and its slot, then apply it again: a new "
                "snapshot",
                "connect");
  }
  const bool active = TextAt(*connector, "slot.active") == "true";
  if (!active && TextAt(*connector, "state") != "SNAPSHOTTING") {
    return Fail("nobody reads the slot", "storefrontctl connectors restart --help", "connect");
  }
  if (status == "unreserved") return Warn("the slot is about to lose its WAL", "find what lags");
  const int64_t lag = WholeNumberAt(*connector, "slot.lagBytes");
  const std::string text =
      CellOf(*connector, {.heading = "", .path = "slot.lagBytes", .shown = Shown::kBytes});
  if (lag > kLagWarnBytes) return Warn(absl::StrCat("lags by ", text), "wait, or find what lags");
  return Ok(absl::StrCat("active, lag ", text));
}

Finding JudgeEvent(const Answer& connector, absl::Time now, const Answer* probe) {
  if (probe != nullptr) {
    if (!probe->ok()) return FromError(probe->status(), "storefrontctl connectors list", "connect");
    return Ok(absl::StrCat("change event seen ", TextAt(**probe, "latency"), " after its commit"));
  }
  if (!connector.ok()) return NotChecked("the connector is not known");
  const auto probed = connector->find("lastProbe");
  absl::Time time;
  std::string error;
  if (probed == connector->end() || !probed->contains("time") ||
      !absl::ParseTime(absl::RFC3339_full, probed->at("time").get<std::string>(), &time, &error)) {
    return Warn("no probe event was seen yet", "storefrontctl probe");
  }
  const absl::Duration age = now - time;
  const std::string text =
      absl::StrFormat("last probe event seen %.0f s ago", absl::ToDoubleSeconds(age));
  if (age > kProbeAgeMax) return Warn(text, "storefrontctl probe");
  return Ok(text);
}

}  // namespace storefront::cli
