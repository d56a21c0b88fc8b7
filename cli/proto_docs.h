// The doc comments of our protos, for help: they are written once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace storefront::cli {

// The comment above a field or method, as one line per paragraph; paragraphs are separated by an
// empty line. Empty when there is none. The first call reads the descriptors in the program (a few
// milliseconds), so only help pays for it.
std::string FieldDoc(const google::protobuf::FieldDescriptor& field);
std::string MethodDoc(const google::protobuf::MethodDescriptor& method);

// "Counts rows. More." gives "Counts rows."
std::string FirstSentence(const std::string& text);

}  // namespace storefront::cli
