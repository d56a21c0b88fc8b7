// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/doctor_command.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/doctor/verdicts.h"
#include "cli/json_message.h"
#include "cli/ready_command.h"
#include "cli/services.h"
#include "libs/status/macros.h"

namespace storefront::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr absl::Duration kHealthTimeout = absl::Seconds(2);
constexpr absl::Duration kPortTimeout = absl::Seconds(2);

constexpr char kMigrator[] = "storefront.migrator.v1.MigratorService.";
constexpr char kTopics[] = "storefront.topics.v1.TopicService.";
constexpr char kConnectors[] = "storefront.connectors.v1.ConnectorService.";

// Asks each thing once, when a hop needs it.
class Examination {
 public:
  Examination(Session& session, const PortProbe& ports) : session_(session), ports_(ports) {}

  Answer Ask(const std::string& method_name, const std::string& request_json = "{}") {
    const MethodDescriptor& method = MethodNamed(method_name);
    const std::unique_ptr<Message> request = NewMessage(*method.input_type());
    RETURN_IF_ERROR(FromJson(request_json, *request));
    const std::unique_ptr<Message> answer = NewMessage(*method.output_type());
    // One attempt: what is away now is a finding, not something to wait for.
    RETURN_IF_ERROR(
        session_.rpc().Call(method, *request, *answer, kCallTimeout, session_.request_id()));
    return ToDocument(*answer);
  }

  std::string Address(const std::string& server) {
    return session_.settings().String(absl::StrCat(server, "_address"));
  }

  PortAnswer Port(const std::string& server, Protocol protocol, const std::string& path = "/") {
    return ports_(Address(server), protocol, path);
  }

  Finding Service(const std::string& name) {
    for (const ServiceInfo& service : AllServices()) {
      if (service.name != name) continue;
      const std::string address = session_.settings().String(service.setting);
      const auto live = session_.rpc().Health(address, "", kHealthTimeout);
      const auto ready =
          live.ok() ? session_.rpc().Health(address, "readiness", kHealthTimeout) : live;
      return JudgeService(name, address, live, ready);
    }
    return NotChecked("no such service");
  }

  const Answer& Plan() {
    if (!plan_) plan_ = Ask(absl::StrCat(kConnectors, "PlanConnectors"));
    return *plan_;
  }

  const Answer& Connector() {
    if (!connector_) connector_ = AskConnector();
    return *connector_;
  }

  Session& session() { return session_; }

 private:
  Answer AskConnector() {
    const auto name = MeantConnector(session_, kCallTimeout);
    if (!name.ok()) return name.status();
    return Ask(absl::StrCat(kConnectors, "GetConnector"), Document{{"name", *name}}.dump());
  }

  Session& session_;
  const PortProbe& ports_;
  std::optional<Answer> plan_, connector_;
};

struct Hop {
  const char* name;
  std::function<Finding(Examination&)> examine;
};

// Somebody else's process on one of our ports is the first thing to know.
Finding ExaminePorts(Examination& e) {
  struct Server {
    const char *name, *setting;
    Protocol protocol;
  };
  constexpr Server kServers[] = {
      {"postgres", "postgres", Protocol::kPostgres},
      {"migrator", "migrator", Protocol::kHttp2},
      {"seeder", "seeder", Protocol::kHttp2},
      {"gateway", "gateway", Protocol::kHttp},
      {"kafka", "kafka", Protocol::kKafka},
      {"topic-admin", "topic_admin", Protocol::kHttp2},
      {"connect", "connect", Protocol::kHttp},
      {"connector-manager", "connector_manager", Protocol::kHttp2},
  };
  for (const Server& server : kServers) {
    Finding finding =
        JudgeOwner(server.name, e.Address(server.setting), e.Port(server.setting, server.protocol));
    if (finding.verdict == Verdict::kFail) return finding;
  }
  return Ok("none is taken by another program");
}

Finding ExamineMigrations(Examination& e) {
  return JudgeMigrations(e.Ask(absl::StrCat(kMigrator, "GetMigrationStatus")),
                         e.Ask(absl::StrCat(kMigrator, "ListMigrationRuns"), R"({"pageSize": 1})"),
                         e.Ask(absl::StrCat(kMigrator, "ValidateMigrations")));
}

Finding ExamineTopics(Examination& e) {
  return JudgeTopics(e.Ask(absl::StrCat(kTopics, "GetTopicPolicy")),
                     e.Ask(absl::StrCat(kTopics, "CreateTopicPlan"), R"({"validateOnly": true})"));
}

// In the order of the pipeline; each needs those before it.
std::vector<Hop> Hops(bool with_probe) {
  return {
      {"ports", ExaminePorts},
      {"postgres",
       [](Examination& e) {
         return JudgeBackend("postgres", e.Address("postgres"),
                             e.Port("postgres", Protocol::kPostgres));
       }},
      {"migrator", [](Examination& e) { return e.Service("migrator"); }},
      {"migrations", ExamineMigrations},
      {"kafka",
       [](Examination& e) {
         return JudgeBackend("kafka", e.Address("kafka"), e.Port("kafka", Protocol::kKafka));
       }},
      {"topic-admin", [](Examination& e) { return e.Service("topic-admin"); }},
      {"topics", ExamineTopics},
      {"connect",
       [](Examination& e) {
         return JudgeBackend("connect", e.Address("connect"),
                             e.Port("connect", Protocol::kHttp, "/health"));
       }},
      {"connector-manager", [](Examination& e) { return e.Service("connector-manager"); }},
      {"connect cluster",
       [](Examination& e) {
         return JudgeConnect(e.Ask(absl::StrCat(kConnectors, "DescribeConnectCluster")));
       }},
      {"debezium role and publication",
       [](Examination& e) { return JudgeDebezium(e.Plan(), e.Connector()); }},
      {"connector", [](Examination& e) { return JudgeConnector(e.Plan(), e.Connector()); }},
      {"slot", [](Examination& e) { return JudgeSlot(e.Connector()); }},
      {"event",
       [with_probe](Examination& e) {
         if (!with_probe) return JudgeEvent(e.Connector(), e.session().clock().Now(), nullptr);
         Answer probe = absl::UnknownError("");
         if (const auto name = MeantConnector(e.session(), kCallTimeout); name.ok()) {
           probe = ProbePipeline(e.session(), *name, absl::Seconds(20));
         } else {
           probe = name.status();
         }
         return JudgeEvent(e.Connector(), e.session().clock().Now(), &probe);
       }},
      {"seeder", [](Examination& e) { return e.Service("seeder"); }},
      {"gateway",
       [](Examination& e) {
         return JudgeBackend("gateway", e.Address("gateway"),
                             e.Port("gateway", Protocol::kHttp, "/livez"));
       }},
  };
}

absl::StatusOr<ExitCode> Run(Session& session, const Inputs& inputs) {
  const PortProbe probe = [](const std::string& address, Protocol protocol,
                             const std::string& path) {
    return ProbePort(address, protocol, path, kPortTimeout);
  };
  const std::vector<HopReport> reports = WalkHops(session, probe, inputs.IsOn("probe"));
  const std::string& logs = session.settings().String("logs");
  RETURN_IF_ERROR(
      session.Print(DoctorDocument(reports, logs),
                    View{.rows = "hops",
                         .columns = {{"HOP", "hop"},
                                     {"VERDICT", "verdict"},
                                     {"WHAT", "what"},
                                     {.heading = "FIX", .path = "fix", .wide = true},
                                     {.heading = "LOG", .path = "log", .wide = true}}}));
  session.Note(DoctorSentence(reports, logs));
  return FirstBroken(reports) == nullptr ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

std::vector<HopReport> WalkHops(Session& session, const PortProbe& ports, bool with_probe) {
  Examination examination(session, ports);
  std::vector<HopReport> reports;
  std::string broken;
  for (const Hop& hop : Hops(with_probe)) {
    if (!broken.empty()) {
      reports.push_back({hop.name, NotChecked(absl::StrCat(broken, " failed"))});
      continue;
    }
    reports.push_back({hop.name, hop.examine(examination)});
    if (reports.back().finding.verdict == Verdict::kFail) broken = hop.name;
  }
  return reports;
}

Command DoctorCommand() {
  return {
      .words = {"doctor"},
      .summary = "Walks the pipeline hop by hop and names the first broken one, with what to do.",
      .details =
          "It asks the services over gRPC and the ports of the backends; it changes "
          "nothing, unless --probe is given. Exit code 1 when something is broken.",
      .flags = {{.name = "probe",
                 .doc = "Also writes a marker row and waits for its change event."}},
      .examples = {{"storefrontctl doctor", "What is broken, and which log to read"},
                   {"storefrontctl doctor --probe -o json", "For a script, with the round trip"}},
      .run = Run,
  };
}

}  // namespace storefront::cli
