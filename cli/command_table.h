// Every RPC has one row here, and gets its command from it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace storefront::cli {

// The words come from the method's REST path, flags and their help from its request.
struct RpcRow {
  std::string method;       // full name, with dots
  std::string example;      // what follows the words in the example
  std::string example_doc;  // what that does
  // Offers --wait: the method starts the run that it answers with.
  bool starts_run = false;
  // Dotted paths of the request fields that become flags; empty = all.
  std::vector<std::string> fields = {};
  // What a confirmation names, where it is not the resource in the command: "the database".
  std::string confirms = {};
};

const std::vector<RpcRow>& RpcRows();

// The row of a method; null when it has none.
const RpcRow* RowOf(const google::protobuf::MethodDescriptor& method);

}  // namespace storefront::cli
