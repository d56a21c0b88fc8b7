// Protobuf messages as JSON documents and back, as REST has them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "cli/view.h"

namespace storefront::cli {

// camelCase, 64-bit integers as text, defaults and empty lists written, unset messages left out.
Document ToDocument(const google::protobuf::Message& message);

// Reads proto3 JSON into an empty message. Unknown fields, a key given twice and anything outside
// JSON are usage errors that name the place.
absl::Status FromJson(const std::string& text, google::protobuf::Message& message);

}  // namespace storefront::cli
