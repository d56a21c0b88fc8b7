// What a command is: words, arguments, flags, help and what it does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/exit_code.h"

namespace storefront::cli {

class Session;

struct Flag {
  std::string name;        // "chunk-rows", without dashes
  std::string value = {};  // what follows: "ROWS"; empty = a switch
  std::string doc = {};    // one sentence
  bool repeated = false;   // may be given more than once
  char letter = 0;         // 'o' for -o
};

struct Argument {
  std::string name;  // "CONNECTOR"
  std::string doc;
  bool required = true;
};

struct Example {
  std::string line;  // what is typed
  std::string doc;   // what it does
};

// What was typed, checked against the command's arguments and flags.
class Inputs {
 public:
  std::vector<std::string> arguments;
  std::map<std::string, std::vector<std::string>> flags;  // switches: "true" or "false"

  bool Has(const std::string& flag) const { return flags.contains(flag); }
  bool IsOn(const std::string& flag) const { return Has(flag) && flags.at(flag).back() == "true"; }
  // The last value, or the fallback.
  std::string Text(const std::string& flag, const std::string& fallback = "") const {
    return Has(flag) ? flags.at(flag).back() : fallback;
  }
  std::vector<std::string> All(const std::string& flag) const {
    return Has(flag) ? flags.at(flag) : std::vector<std::string>{};
  }
  // The flag as a duration ("90s"); a usage error for what is none, or for one below zero.
  absl::StatusOr<absl::Duration> Time(const std::string& flag, absl::Duration fallback) const;
};

struct Command {
  std::vector<std::string> words;  // {"migrations", "migrate"}
  std::string summary;             // one sentence, for the list of commands
  std::string details = {};        // further paragraphs
  std::vector<Argument> arguments = {};
  std::vector<Flag> flags = {};
  std::vector<Example> examples = {};
  // Prints its answer by the session. An error is rendered by the caller.
  std::function<absl::StatusOr<ExitCode>(Session&, const Inputs&)> run;

  // Exit code of a wrong command line.
  ExitCode usage_code = ExitCode::kUsage;

  std::string Name() const;  // "migrations migrate"
};

// Flags that every command takes.
const std::vector<Flag>& CommonFlags();

}  // namespace storefront::cli
