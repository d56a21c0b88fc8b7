// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

namespace storefront::cli {

const std::vector<RpcRow>& RpcRows() {
  static const auto& rows = *new std::vector<RpcRow>{
      // migrator
      {"storefront.migrator.v1.MigratorService.GetMigrationStatus", "",
       "Shows where the schema stands"},
      {"storefront.migrator.v1.MigratorService.ListMigrations", "",
       "Prints the table that Flyway's info prints"},
      {"storefront.migrator.v1.MigratorService.GetMigration", "V1 --view full",
       "Shows a migration with its statements"},
      {"storefront.migrator.v1.MigratorService.ValidateMigrations", "",
       "Compares files and history"},
      {.method = "storefront.migrator.v1.MigratorService.Migrate",
       .example = "--wait",
       .example_doc = "Applies what is pending and waits for the end",
       .starts_run = true},
      {"storefront.migrator.v1.MigratorService.GetMigrationRun", "12", "Shows a run"},
      {"storefront.migrator.v1.MigratorService.ListMigrationRuns", "--limit 5",
       "Shows the newest runs"},
      {"storefront.migrator.v1.MigratorService.WatchMigrationRun", "12",
       "Follows a run to its end"},
      {"storefront.migrator.v1.MigratorService.CancelMigrationRun", "12",
       "Stops a run; the script under way is rolled back"},
      // seeder
      {.method = "storefront.seeder.v1.SeederService.StartFullLoad",
       .example = "--scale 0.1 --wait",
       .example_doc = "Loads a tenth of scale 1 and waits for the end",
       .starts_run = true},
      {.method = "storefront.seeder.v1.SeederService.StartDeltas",
       .example = "--events-per-second 50",
       .example_doc = "Changes rows until stopped, 50 business events a second",
       .starts_run = true},
      {"storefront.seeder.v1.SeederService.GetSeedRun", "full-12", "Shows a run"},
      {"storefront.seeder.v1.SeederService.ListSeedRuns", "-o wide",
       "Shows the runs, newest first"},
      {.method = "storefront.seeder.v1.SeederService.UpdateSeedRun",
       .example = "deltas-13 --events-per-second 200",
       .example_doc = "Changes the rate while the run goes on",
       .fields = {"seed_run.deltas.events_per_second", "seed_run.etag"}},
      {"storefront.seeder.v1.SeederService.PauseSeedRun", "deltas-13", "Lets a run stand still"},
      {"storefront.seeder.v1.SeederService.ResumeSeedRun", "deltas-13", "Goes on with a run"},
      {"storefront.seeder.v1.SeederService.StopSeedRun", "deltas-13", "Ends a run in order"},
      {"storefront.seeder.v1.SeederService.CancelSeedRun", "full-12",
       "Ends a run at once; what is in flight is rolled back"},
      {"storefront.seeder.v1.SeederService.WatchSeedRun", "deltas-13", "Follows a run"},
      {.method = "storefront.seeder.v1.SeederService.VerifyStorefront",
       .example = "--wait",
       .example_doc = "Checks rows and ledger and waits for the verdict",
       .starts_run = true},
      {"storefront.seeder.v1.SeederService.GetStorefrontStats", "",
       "Counts rows beside the ledger"},
      // topic-admin
      {"storefront.topics.v1.TopicService.ListTopics", "--prefix storefront.",
       "Shows the topics of the pipeline"},
      {"storefront.topics.v1.TopicService.GetTopic", "storefront.public.orders",
       "Shows a topic with its settings"},
      {"storefront.topics.v1.TopicService.DescribeTopicCluster", "",
       "Shows brokers and controller"},
      {"storefront.topics.v1.TopicService.GetTopicPolicy", "-o yaml", "Shows the policy in force"},
      {"storefront.topics.v1.TopicService.ValidateTopicPolicy", "--policy-json @topics/policy.json",
       "Checks a policy file"},
      {"storefront.topics.v1.TopicService.ListTopicPlans", "", "Shows the plans, newest first"},
      {"storefront.topics.v1.TopicService.GetTopicPlan", "7", "Shows a plan with its steps"},
      {"storefront.topics.v1.TopicService.CreateTopicPlan", "--topics storefront.public.orders",
       "Stores a plan for one topic"},
      {.method = "storefront.topics.v1.TopicService.ApplyTopicPlan",
       .example = "7 --wait",
       .example_doc = "Applies a plan that was reviewed",
       .starts_run = true},
      {"storefront.topics.v1.TopicService.CancelTopicPlan", "7", "Stops a plan"},
      {"storefront.topics.v1.TopicService.WatchTopicPlan", "7",
       "Follows a plan while it is applied"},
      // connector-manager
      {"storefront.connectors.v1.ConnectorService.ListConnectors", "-o wide",
       "Shows the connectors with their judged states"},
      {"storefront.connectors.v1.ConnectorService.GetConnector", "storefront-postgres-connector",
       "Shows a connector with tasks and slot"},
      {"storefront.connectors.v1.ConnectorService.PlanConnectors", "", "Shows what apply would do"},
      {"storefront.connectors.v1.ConnectorService.ApplyConnectors", "--wait-for running",
       "Applies the templates and waits until each is seen to run"},
      {"storefront.connectors.v1.ConnectorService.DeleteConnector", "storefront-postgres-connector",
       "Removes a connector; asks for its name"},
      {"storefront.connectors.v1.ConnectorService.PauseConnector", "storefront-postgres-connector",
       "Holds a connector"},
      {"storefront.connectors.v1.ConnectorService.ResumeConnector", "storefront-postgres-connector",
       "Lets a connector run on"},
      {"storefront.connectors.v1.ConnectorService.StopConnector", "storefront-postgres-connector",
       "Ends a connector's tasks and frees its slot"},
      {"storefront.connectors.v1.ConnectorService.RestartConnector",
       "storefront-postgres-connector --only-failed", "Restarts what is FAILED"},
      {"storefront.connectors.v1.ConnectorService.VerifyPipeline", "storefront-postgres-connector",
       "Writes a marker row and reads its event back from Kafka"},
      {"storefront.connectors.v1.ConnectorService.ListConnectorTemplates", "",
       "Shows the templates"},
      {"storefront.connectors.v1.ConnectorService.GetConnectorTemplate", "storefront-postgres",
       "Shows a template"},
      {"storefront.connectors.v1.ConnectorService.RenderConnectorTemplate", "storefront-postgres",
       "Shows what a template becomes, secrets masked"},
      {"storefront.connectors.v1.ConnectorService.DescribeConnectCluster", "",
       "Shows whether Connect is up and its plugins"},
      {"storefront.connectors.v1.ConnectorService.ListReplicationSlots", "",
       "Shows slots with lag and reader"},
  };
  return rows;
}

const RpcRow* RowOf(const google::protobuf::MethodDescriptor& method) {
  for (const RpcRow& row : RpcRows()) {
    if (row.method == method.full_name()) return &row;
  }
  return nullptr;
}

}  // namespace storefront::cli
