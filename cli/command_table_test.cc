// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/app.h"
#include "cli/command_line.h"
#include "cli/rest_path.h"
#include "cli/run_kind.h"
#include "cli/services.h"
#include "cli/view.h"

namespace storefront::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;

std::set<std::string> AllMethods() {
  std::set<std::string> names;
  for (const ServiceInfo& service : AllServices()) {
    const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service.proto);
    EXPECT_NE(descriptor, nullptr) << service.proto;
    if (descriptor == nullptr) continue;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      names.insert(descriptor->method(i)->full_name());
    }
  }
  return names;
}

TEST(CommandTable, EveryRpcHasOneRow) {
  std::set<std::string> rows;
  for (const RpcRow& row : RpcRows()) {
    EXPECT_TRUE(rows.insert(row.method).second) << row.method << " has two rows";
  }
  EXPECT_EQ(rows, AllMethods()) << "add or remove the row in cli/command_table.cc";
}

TEST(CommandTable, EveryCommandHasItsOwnWordsSummaryAndExamples) {
  std::set<std::string> names;
  for (const Command& command : AllCommands(/*with_docs=*/true)) {
    SCOPED_TRACE(command.Name());
    EXPECT_TRUE(names.insert(command.Name()).second) << "two commands of one name";
    EXPECT_FALSE(command.summary.empty()) << "the proto has no doc comment";
    EXPECT_FALSE(command.examples.empty());
    for (const Flag& flag : command.flags) EXPECT_FALSE(flag.doc.empty()) << flag.name;
  }
}

TEST(CommandTable, AGroupHasAllItsCommands) {
  std::set<std::string> groups;
  for (const RpcRow& row : RpcRows()) {
    const auto& method = MethodNamed(row.method);
    const std::string word = CommandWords(method).front();
    EXPECT_THAT(ServiceOf(method).groups, ::testing::Contains(word)) << "cli/services.cc";
    groups.insert(word);
  }
  for (const std::string& group : groups) {
    const auto names = [&](const std::vector<Command>& commands) {
      std::vector<std::string> found;
      for (const Command& command : commands) {
        if (command.words.front() == group) found.push_back(command.Name());
      }
      return found;
    };
    EXPECT_EQ(names(AllCommands(false, group)), names(AllCommands(false)));
  }
}

TEST(CommandTable, NoFlagIsThereTwice) {
  for (const Command& command : AllCommands(/*with_docs=*/false)) {
    SCOPED_TRACE(command.Name());
    std::set<std::string> names;
    for (const Flag& flag : CommonFlags()) names.insert(flag.name);
    for (const Flag& flag : command.flags) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
  }
}

// An example that its own command refuses would be worse than none.
TEST(CommandTable, EveryExampleIsAValidCommandLine) {
  const auto commands = AllCommands(/*with_docs=*/false);
  for (const Command& command : commands) {
    for (const Example& example : command.examples) {
      SCOPED_TRACE(example.line);
      std::vector<std::string> typed = absl::StrSplit(example.line, ' ');
      ASSERT_EQ(typed[0], "storefrontctl");
      typed.erase(typed.begin());
      if (const size_t quote = example.line.find('\''); quote != std::string::npos) continue;
      const auto line = ParseCommandLine(commands, typed);
      ASSERT_TRUE(line.ok()) << line.status();
      EXPECT_EQ(line->command, &command);
    }
  }
}

TEST(CommandTable, WordsComeFromTheRestPath) {
  struct Case {
    const char* method;
    const char* words;
  };
  constexpr Case kCases[] = {
      {"storefront.seeder.v1.SeederService.StartFullLoad", "seed-runs full-load"},
      {"storefront.seeder.v1.SeederService.UpdateSeedRun", "seed-runs update"},
      {"storefront.seeder.v1.SeederService.GetStorefrontStats", "storefront stats"},
      {"storefront.seeder.v1.SeederService.VerifyStorefront", "storefront verify"},
      {"storefront.migrator.v1.MigratorService.ListMigrations", "migrations list"},
      {"storefront.migrator.v1.MigratorService.WatchMigrationRun", "migration-runs watch"},
      {"storefront.migrator.v1.MigratorService.ForceUnlock", "migrations force-unlock"},
      {"storefront.migrator.v1.MigratorService.GetDrift", "migrations drift"},
      {"storefront.topics.v1.TopicService.GetTopicPolicy", "topic-policy get"},
      {"storefront.topics.v1.TopicService.CreateTopicPlan", "topic-plans create"},
      {"storefront.connectors.v1.ConnectorService.DeleteConnector", "connectors delete"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(absl::StrJoin(CommandWords(MethodNamed(c.method)), " "), c.words);
  }
}

TEST(CommandTable, ARowThatStartsARunAnswersWithARun) {
  for (const RpcRow& row : RpcRows()) {
    if (!row.starts_run) continue;
    EXPECT_TRUE(RunKindOf(*MethodNamed(row.method).output_type())) << row.method;
  }
}

// A state that --wait does not know would make it wait for ever.
TEST(CommandTable, EveryStateOfEveryRunIsKnown) {
  int kinds = 0;
  for (const std::string& name : AllMethods()) {
    const Descriptor& answer = *MethodNamed(name).output_type();
    if (!RunKindOf(answer)) continue;
    ++kinds;
    const auto* states = answer.FindFieldByName("state")->enum_type();
    for (int i = 0; i < states->value_count(); ++i) {
      if (states->value(i)->number() == 0) continue;
      EXPECT_NE(StageOf(states->value(i)->name()), RunStage::kUnknown)
          << states->value(i)->full_name();
    }
  }
  EXPECT_GT(kinds, 0);
}

void ExpectColumnsAreFields(const Descriptor* message, const View& view) {
  const std::string& name = message->full_name();
  const auto step = [](const Descriptor& from, const std::string& key) {
    for (int i = 0; i < from.field_count(); ++i) {
      if (from.field(i)->json_name() == key) return from.field(i);
    }
    return static_cast<const google::protobuf::FieldDescriptor*>(nullptr);
  };
  for (const View& below : view.below) ExpectColumnsAreFields(message, below);
  if (!view.rows.empty()) {
    const auto* rows = step(*message, view.rows);
    ASSERT_NE(rows, nullptr) << name << "." << view.rows;
    message = rows->message_type();
  }
  for (const Column& column : view.columns) {
    const Descriptor* place = message;
    for (const std::string& key : std::vector<std::string>(absl::StrSplit(column.path, '.'))) {
      if (key == "*" || key.find_first_not_of("0123456789") == std::string::npos) continue;
      ASSERT_NE(place, nullptr) << name << ": " << column.path;
      const auto* field = step(*place, key);
      ASSERT_NE(field, nullptr) << name << ": " << column.path;
      place = field->message_type();
    }
  }
}

// Columns are paths in JSON; a renamed field must not leave an empty column behind.
TEST(CommandTable, EveryColumnOfEveryViewIsAField) {
  for (const std::string& name : MessagesWithView()) {
    const Descriptor* message = DescriptorPool::generated_pool()->FindMessageTypeByName(name);
    ASSERT_NE(message, nullptr) << name;
    ExpectColumnsAreFields(message, EntryFor(name));
  }
}

// What cannot be resumed must not be waited for.
TEST(CommandTable, AnInterruptedRunIsWaitedForWhereItCanGoOn) {
  const auto* seeds =
      DescriptorPool::generated_pool()->FindMessageTypeByName("storefront.seeder.v1.SeedRun");
  const auto* migrations = DescriptorPool::generated_pool()->FindMessageTypeByName(
      "storefront.migrator.v1.MigrationRun");
  EXPECT_EQ(StageOf(*RunKindOf(*seeds), "INTERRUPTED"), RunStage::kBroken);
  EXPECT_EQ(StageOf(*RunKindOf(*migrations), "INTERRUPTED"), RunStage::kFailed);
}

}  // namespace
}  // namespace storefront::cli
