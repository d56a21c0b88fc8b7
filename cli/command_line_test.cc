// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <gmock/gmock.h>

#include "libs/testing/status_matchers.h"

namespace storefront::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Command> Commands() {
  return {{.words = {"migrations", "list"}, .summary = "Lists."},
          {.words = {"migrations", "migrate"},
           .summary = "Migrates.",
           .flags = {{.name = "wait"},
                     {.name = "target", .value = "TEXT"},
                     {.name = "pattern", .value = "TEXT", .repeated = true}}},
          {.words = {"migration-runs", "list"}, .summary = "Lists."},
          {.words = {"seed-runs", "get"},
           .summary = "Gets.",
           .arguments = {{.name = "RUN", .doc = "Name of the run."}}}};
}

TEST(CommandLines, WordsFlagsAndArgumentsMayMix) {
  const auto commands = Commands();
  const auto line =
      ParseCommandLine(commands, {"-o", "json", "migrations", "--timeout=5s", "migrate", "--wait",
                                  "--target", "3", "--pattern", "a", "--pattern", "b"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command, &commands[1]);
  EXPECT_TRUE(line->inputs.IsOn("wait"));
  EXPECT_EQ(line->inputs.Text("target"), "3");
  EXPECT_THAT(line->inputs.All("pattern"), ElementsAre("a", "b"));
  EXPECT_THAT(line->setting_arguments, ElementsAre("--output=json", "--timeout=5s"));
}

TEST(CommandLines, ASwitchCanBeTakenBack) {
  const auto commands = Commands();
  const auto line = ParseCommandLine(commands, {"migrations", "migrate", "--wait=false"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_FALSE(line->inputs.IsOn("wait"));
}

TEST(CommandLines, AfterTwoDashesEverythingIsAnArgument) {
  const auto commands = Commands();
  const auto line = ParseCommandLine(commands, {"seed-runs", "get", "--", "--odd"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->inputs.arguments, ElementsAre("--odd"));
}

TEST(CommandLines, PartOfTheWordsIsAQuestionForHelp) {
  const auto commands = Commands();
  const auto line = ParseCommandLine(commands, {"migrations"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->command, nullptr);
  EXPECT_FALSE(line->help);
}

TEST(CommandLines, WrongOnesAreUsageErrorsThatNameTheNearest) {
  struct Case {
    const char* name;
    std::vector<std::string> typed;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"group", {"migration", "list"}, "did you mean migrations?"},
      {"verb", {"migrations", "lst"}, "did you mean list?"},
      {"group of a group", {"migrations", "runs"}, "did you mean migration-runs?"},
      {"far off", {"xyzzy"}, "there are migration-runs, migrations, seed-runs"},
      {"flag", {"migrations", "migrate", "--wiat"}, "did you mean --wait?"},
      {"flag of all", {"migrations", "list", "--time-out", "5s"}, "did you mean --timeout?"},
      {"flag of another command", {"migrations", "list", "--target", "3"}, "no flag '--target'"},
      {"no value", {"migrations", "migrate", "--target"}, "--target needs a value."},
      {"no argument", {"seed-runs", "get"}, "needs RUN: Name of the run."},
      {"too many", {"seed-runs", "get", "a", "b"}, "takes no argument 'b'"},
  };
  const auto commands = Commands();
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto line = ParseCommandLine(commands, c.typed);
    EXPECT_EQ(ExitCodeOf(line.status()), ExitCode::kUsage);
    EXPECT_THAT(std::string(line.status().message()), HasSubstr(c.says));
  }
}

TEST(CommandLines, HelpNeedsNoArguments) {
  const auto commands = Commands();
  const auto line = ParseCommandLine(commands, {"seed-runs", "get", "--help"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_TRUE(line->help);
}

}  // namespace
}  // namespace storefront::cli
