// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/settings_rows.h"
#include "libs/status/reason.h"

namespace storefront::cli {
namespace {

constexpr size_t kTextColumns = 100;

constexpr char kExitCodes[] =
    "Exit codes: 0 done, 1 failed, 2 wrong command line or setting, 3 differences,\n"
    "  4 too late, 5 not allowed, 6 unreachable, 130 interrupted.\n";

std::string Wrapped(absl::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (column > indent && column + 1 + word.size() > kTextColumns) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      column = indent;
    } else if (column > indent) {
      out.push_back(' ');
      ++column;
    }
    absl::StrAppend(&out, word);
    column += word.size();
  }
  return out;
}

std::string FlagHead(const Flag& flag) {
  return absl::StrCat(flag.letter == 0 ? "" : absl::StrCat("-", std::string(1, flag.letter), ", "),
                      "--", flag.name, flag.value.empty() ? "" : absl::StrCat(" ", flag.value));
}

std::string Listed(const std::vector<std::pair<std::string, std::string>>& items) {
  size_t width = 0;
  for (const auto& [head, doc] : items) width = std::max(width, std::min<size_t>(head.size(), 30));
  std::string out;
  for (const auto& [head, doc] : items) {
    absl::StrAppend(&out, "  ", head);
    if (head.size() > width) {
      absl::StrAppend(&out, "\n", std::string(width + 4, ' '));
    } else {
      absl::StrAppend(&out, std::string(width - head.size() + 2, ' '));
    }
    absl::StrAppend(&out, Wrapped(doc, width + 4), "\n");
  }
  return out;
}

std::string Usage(const Command& command) {
  std::string out = absl::StrCat("storefrontctl ", command.Name());
  for (const Argument& argument : command.arguments) {
    absl::StrAppend(&out, argument.required ? " " : " [", argument.name,
                    argument.required ? "" : "]");
  }
  return absl::StrCat(out, " [flags]");
}

std::string WithDefault(const config::Setting& row) {
  return row.default_value.empty()
             ? std::string(row.doc)
             : absl::StrCat(row.doc, " Default: ", std::string(row.default_value), ".");
}

std::vector<std::pair<std::string, std::string>> FlagItems(const std::vector<Flag>& flags) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const Flag& flag : flags) {
    items.emplace_back(FlagHead(flag),
                       absl::StrCat(flag.doc, flag.repeated ? " May be repeated." : ""));
  }
  return items;
}

std::vector<std::pair<std::string, std::string>> CommonFlagItems() {
  std::vector<std::pair<std::string, std::string>> items;
  for (const Flag& flag : CommonFlags()) {
    std::string doc = flag.doc;
    for (const config::Setting& row : SettingRows()) {
      if (FlagName(row.name) == flag.name) doc = WithDefault(row);
    }
    items.emplace_back(FlagHead(flag), std::move(doc));
  }
  return items;
}

// Bars in a cell of a Markdown table.
std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

}  // namespace

std::string HelpOf(const Command& command) {
  std::string out = absl::StrCat(Wrapped(command.summary, 0), "\n");
  for (const absl::string_view paragraph :
       absl::StrSplit(command.details, "\n\n", absl::SkipWhitespace())) {
    absl::StrAppend(&out, "\n", Wrapped(absl::StrReplaceAll(paragraph, {{"\n", " "}}), 0), "\n");
  }
  absl::StrAppend(&out, "\nUsage: ", Usage(command), "\n");
  if (!command.arguments.empty()) {
    std::vector<std::pair<std::string, std::string>> items;
    for (const Argument& argument : command.arguments) {
      items.emplace_back(argument.name, argument.doc);
    }
    absl::StrAppend(&out, "\nArguments:\n", Listed(items));
  }
  if (!command.flags.empty()) {
    absl::StrAppend(&out, "\nFlags:\n", Listed(FlagItems(command.flags)));
  }
  absl::StrAppend(&out, "\nExamples:\n");
  for (const Example& example : command.examples) {
    absl::StrAppend(&out, "  # ", example.doc, "\n  ", example.line, "\n");
  }
  return absl::StrCat(out, "\nFlags of every command: storefrontctl --help.\n");
}

std::string HelpOfGroup(const std::vector<Command>& commands,
                        const std::vector<std::string>& words) {
  std::string out;
  if (words.empty()) {
    out = "storefrontctl: one client for migrations, topics, connectors and seed runs.\n\n";
  }
  absl::StrAppend(&out, "Usage: storefrontctl ",
                  words.empty() ? "COMMAND" : absl::StrJoin(words, " ") + " COMMAND",
                  " [flags]\n\nCommands:\n");
  std::vector<std::pair<std::string, std::string>> items;
  for (const Command& command : commands) {
    if (command.words.size() >= words.size() &&
        std::equal(words.begin(), words.end(), command.words.begin())) {
      items.emplace_back(command.Name(), command.summary);
    }
  }
  absl::StrAppend(&out, Listed(items));
  if (words.empty()) {
    absl::StrAppend(&out, "\nFlags of every command:\n", Listed(CommonFlagItems()),
                    "\nEach of them is also a variable: --seeder-address is\n"
                    "STOREFRONT_CTL_SEEDER_ADDRESS. A flag wins over its variable.\n\n",
                    kExitCodes);
  }
  return absl::StrCat(out, "\nMore: storefrontctl COMMAND --help.\n");
}

std::string HelpMarkdown(const std::vector<Command>& commands) {
  std::string out =
      "# storefrontctl\n"
      "<!-- Generated by `storefrontctl --help-all-markdown`; a test holds it equal. -->\n\n"
      "One client for the four services. Answers go to stdout, everything else to stderr.\n\n"
      "| flag of every command | variable | default | what it does |\n|---|---|---|---|\n";
  for (const config::Setting& row : SettingRows()) {
    absl::StrAppend(&out, "| `--", FlagName(row.name), "` | `", config::VariablePrefix("ctl"),
                    absl::AsciiStrToUpper(std::string(row.name)), "` | ",
                    row.default_value.empty() ? "–" : absl::StrCat("`", row.default_value, "`"),
                    " | ", Cell(row.doc), " |\n");
  }
  absl::StrAppend(&out, "\n", kExitCodes);
  for (const Command& command : commands) {
    absl::StrAppend(&out, "\n## ", command.Name(), "\n```text\n", HelpOf(command), "```\n");
  }
  return out;
}

std::string ErrorsMarkdown() {
  std::string out =
      "# Reasons\n"
      "<!-- Generated by `storefrontctl --errors-markdown`; a test holds it equal. -->\n\n"
      "Every error carries one of these names in `google.rpc.ErrorInfo.reason`, with the domain\n"
      "`storefront-cdc`. They are the values of `storefront.errors.v1.Reason`; a name keeps its\n"
      "meaning for ever. The message of an error says what was wrong; the second column says what\n"
      "a person does next.\n\n"
      "| reason | what to do |\n|---|---|\n";
  for (const status::ReasonInfo& info : status::AllReasons()) {
    absl::StrAppend(&out, "| `", info.name, "` | ", Cell(info.hint), " |\n");
  }
  return out;
}

}  // namespace storefront::cli
