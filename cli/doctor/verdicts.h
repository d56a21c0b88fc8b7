// What each answer says about its hop. Pure: from answers to findings.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/doctor/hop.h"
#include "cli/doctor/port_probe.h"
#include "cli/view.h"

namespace storefront::cli {

using Answer = absl::StatusOr<Document>;

// Something else than `server` answers on its port: the start must have failed.
Finding JudgeOwner(const std::string& server, const std::string& address, const PortAnswer& port);

// A backend that must listen.
Finding JudgeBackend(const std::string& server, const std::string& address, const PortAnswer& port);

// Live and ready of one of our services.
Finding JudgeService(const std::string& service, const std::string& address,
                     const absl::StatusOr<std::string>& live,
                     const absl::StatusOr<std::string>& ready);

// MigrationStatus, the newest run of ListMigrationRuns, ValidateMigrationsResponse.
Finding JudgeMigrations(const Answer& status, const Answer& runs, const Answer& validation);

// Role, publication, wal_level and login of Debezium, from ConnectorPlan and the connector.
Finding JudgeDebezium(const Answer& plan, const Answer& connector);

// LiveTopicPolicy and a plan that was not stored.
Finding JudgeTopics(const Answer& policy, const Answer& plan);

// ConnectCluster.
Finding JudgeConnect(const Answer& cluster);

// Connector with its tasks.
Finding JudgeConnector(const Answer& plan, const Answer& connector);

// The slot within the connector.
Finding JudgeSlot(const Answer& connector);

// Age of the last probe; `probe` is the round trip if one was asked for.
Finding JudgeEvent(const Answer& connector, absl::Time now, const Answer* probe);

}  // namespace storefront::cli
