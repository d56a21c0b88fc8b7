// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/settings_rows.h"
#include "libs/config/nearest.h"

namespace storefront::cli {
namespace {

const Flag* FindFlag(const std::vector<Flag>& flags, absl::string_view typed) {
  const bool is_long = absl::ConsumePrefix(&typed, "--");
  if (!is_long) typed.remove_prefix(1);
  const absl::string_view name = typed.substr(0, typed.find('='));
  for (const Flag& flag : flags) {
    if (is_long ? flag.name == name : flag.letter != 0 && name[0] == flag.letter) return &flag;
  }
  return nullptr;
}

bool IsFlag(absl::string_view typed) { return typed.size() > 1 && typed[0] == '-'; }

bool StartsWithWords(const Command& command, const std::vector<std::string>& words) {
  return command.words.size() >= words.size() &&
         std::equal(words.begin(), words.end(), command.words.begin());
}

// The group that somebody meant who took its second half for a word of its own: migration-runs of
// "migrations runs".
std::string HyphenatedGroup(const std::vector<Command>& commands,
                            const std::vector<std::string>& words) {
  if (words.size() != 2) return "";
  for (const Command& command : commands) {
    absl::string_view group = command.words.front();
    if (absl::ConsumeSuffix(&group, absl::StrCat("-", words[1])) &&
        absl::StartsWith(words[0], group)) {
      return command.words.front();
    }
  }
  return "";
}

// The longest chain of words that leads to a command; everything else goes to `rest`.
absl::StatusOr<const Command*> FindCommand(const std::vector<Command>& commands,
                                           const std::vector<std::string>& typed,
                                           std::vector<std::string>& words,
                                           std::vector<std::string>& rest) {
  const Command* found = nullptr;
  size_t i = 0;
  for (; i < typed.size() && found == nullptr; ++i) {
    if (typed[i] == "--") break;
    if (IsFlag(typed[i])) {
      rest.push_back(typed[i]);
      const Flag* flag = FindFlag(CommonFlags(), typed[i]);
      const bool value_follows = flag != nullptr && !flag->value.empty() &&
                                 typed[i].find('=') == std::string::npos &&
                                 (typed[i][1] == '-' || typed[i].size() == 2);
      if (value_follows && i + 1 < typed.size()) rest.push_back(typed[++i]);
      continue;
    }
    words.push_back(typed[i]);
    std::set<std::string> known;
    bool fits = false;
    for (const Command& command : commands) {
      if (StartsWithWords(command, words)) {
        fits = true;
        if (command.words.size() == words.size()) found = &command;
      }
      std::vector<std::string> before(words.begin(), words.end() - 1);
      if (StartsWithWords(command, before) && command.words.size() >= words.size()) {
        known.insert(command.words[words.size() - 1]);
      }
    }
    if (!fits) {
      const std::vector<std::string> names(known.begin(), known.end());
      std::string nearest = config::DidYouMean(words.back(), names);
      if (const std::string group = HyphenatedGroup(commands, words); !group.empty()) {
        nearest = absl::StrCat("; did you mean ", group, "?");
      }
      if (nearest.empty()) nearest = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
      return UsageError(absl::StrCat("There is no command '", absl::StrJoin(words, " "), "'",
                                     nearest, absl::EndsWith(nearest, "?") ? "" : "."));
    }
  }
  rest.insert(rest.end(), typed.begin() + static_cast<std::ptrdiff_t>(i), typed.end());
  return found;
}

void AddFlag(CLI::App& app, const Flag& flag) {
  std::string names = absl::StrCat("--", flag.name);
  if (flag.letter != 0) absl::StrAppend(&names, ",-", std::string(1, flag.letter));
  if (flag.value.empty()) {
    app.add_flag(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return;
  }
  CLI::Option* option = app.add_option(names)->expected(1);
  // One value for each time it is typed; no value swallows the next word.
  option->multi_option_policy(flag.repeated ? CLI::MultiOptionPolicy::TakeAll
                                            : CLI::MultiOptionPolicy::TakeLast);
  if (flag.repeated) option->expected(1, 10000)->allow_extra_args(false);
}

absl::Status UnknownFlag(const std::string& typed, const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back(absl::StrCat("--", flag.name));
  const std::string name = typed.substr(0, typed.find('='));
  const std::string nearest = config::DidYouMean(name, names);
  return UsageError(absl::StrCat("There is no flag '", name, "' here",
                                 nearest.empty() ? "; --help lists them." : nearest));
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<Command>& commands,
                                             const std::vector<std::string>& typed) {
  CommandLine line;
  std::vector<std::string> rest;
  auto found = FindCommand(commands, typed, line.words, rest);
  if (!found.ok()) return std::move(found).status();
  line.command = *found;

  std::vector<Flag> flags = CommonFlags();
  if (line.command != nullptr) {
    flags.insert(flags.end(), line.command->flags.begin(), line.command->flags.end());
  }
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  for (const Flag& flag : flags) AddFlag(app, flag);
  std::vector<std::string> reversed(rest.rbegin(), rest.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    // The library's text speaks of counts: "--target: 1 required  missing".
    const std::string text = error.what();
    return UsageError(absl::StrCat(text.substr(0, text.find(':')), " needs a value."));
  } catch (const CLI::ParseError& error) {
    return UsageError(absl::StrCat(error.what(), "."));
  }

  line.help = app.count("--help") > 0;
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    if (IsFlag(extra) && std::find(rest.begin(), rest.end(), "--") == rest.end()) {
      return UnknownFlag(extra, flags);
    }
    line.inputs.arguments.push_back(extra);
  }
  for (const Flag& flag : flags) {
    const CLI::Option* option = app.get_option(absl::StrCat("--", flag.name));
    if (option->count() > 0) line.inputs.flags[flag.name] = option->reduced_results();
  }
  for (const config::Setting& row : SettingRows()) {
    const std::string name = FlagName(row.name);
    if (line.inputs.Has(name)) {
      line.setting_arguments.push_back(absl::StrCat("--", row.name, "=", line.inputs.Text(name)));
    }
  }
  if (line.help || line.command == nullptr) return line;

  const auto& wanted = line.command->arguments;
  const size_t given = line.inputs.arguments.size();
  if (given < wanted.size() && wanted[given].required) {
    return UsageError(absl::StrCat("'", line.command->Name(), "' needs ", wanted[given].name, ": ",
                                   wanted[given].doc));
  }
  if (given > wanted.size()) {
    return UsageError(absl::StrCat("'", line.command->Name(), "' takes no argument '",
                                   line.inputs.arguments[wanted.size()], "'; see --help."));
  }
  return line;
}

}  // namespace storefront::cli
