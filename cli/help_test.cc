// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "cli/app.h"

namespace storefront::cli {
namespace {

std::string FileText(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Help, TheCommandReferenceIsUpToDate) {
  EXPECT_TRUE(FileText("docs/cli.md") == HelpMarkdown(AllCommands(/*with_docs=*/true)))
      << "run: storefrontctl --help-all-markdown > docs/cli.md";
}

TEST(Help, TheListOfReasonsIsUpToDate) {
  EXPECT_TRUE(FileText("docs/errors.md") == ErrorsMarkdown())
      << "run: storefrontctl --errors-markdown > docs/errors.md";
}

TEST(Help, HasUsageArgumentsFlagsAndExamples) {
  const Command command{.words = {"seed-runs", "get"},
                        .summary = "Reads a run.",
                        .details = "More.\n\nAnd more.",
                        .arguments = {{.name = "RUN", .doc = "Its name."}},
                        .flags = {{.name = "wait", .doc = "Waits."}},
                        .examples = {{"storefrontctl seed-runs get full-1", "Reads one"}}};
  EXPECT_EQ(HelpOf(command),
            "Reads a run.\n\nMore.\n\nAnd more.\n\n"
            "Usage: storefrontctl seed-runs get RUN [flags]\n\n"
            "Arguments:\n  RUN  Its name.\n\n"
            "Flags:\n  --wait  Waits.\n\n"
            "Examples:\n  # Reads one\n  storefrontctl seed-runs get full-1\n\n"
            "Flags of every command: storefrontctl --help.\n");
}

TEST(Help, OfAGroupListsItsCommandsOnly) {
  const std::vector<Command> commands = {{.words = {"a", "x"}, .summary = "One."},
                                         {.words = {"b", "y"}, .summary = "Two."}};
  const std::string text = HelpOfGroup(commands, {"a"});
  EXPECT_THAT(text, ::testing::HasSubstr("a x  One."));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("b y")));
}

}  // namespace
}  // namespace storefront::cli
