// The HTTP rule of a method, taken apart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace storefront::cli {

// POST /v1/{name=seedRuns/*}:pause gives verb POST, collection "seedRuns", field "name", custom
// "pause", has_id.
struct RestPath {
  std::string verb;        // "GET"
  std::string collection;  // "seedRuns"; of a nested one the last: "ledgerEntries"
  std::string field;       // request field in the path: "name", "seed_run.name"; empty = none
  std::string fixed;       // name without a wildcard: "storefront/stats"; empty normally
  std::string custom;      // "pause"; empty for a standard method
  bool has_id = false;
};

RestPath RestPathOf(const google::protobuf::MethodDescriptor& method);

// The words of the command: {"seed-runs", "pause"}. Standard methods are list, get, create, update,
// delete; a fixed name gives its last part.
std::vector<std::string> CommandWords(const google::protobuf::MethodDescriptor& method);

// "seedRuns" as "seed-runs".
std::string KebabOfCamel(const std::string& camel);

}  // namespace storefront::cli
