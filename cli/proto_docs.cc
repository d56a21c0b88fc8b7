// SPDX-License-Identifier: Apache-2.0
#include "cli/proto_docs.h"

#include <google/protobuf/descriptor.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

// storefront.binpb, linked in as bytes (cli/CMakeLists.txt); the linker made the names.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" const char _binary_storefront_binpb_start[];
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" const char _binary_storefront_binpb_end[];

namespace storefront::cli {
namespace {

const google::protobuf::DescriptorPool& Pool() {
  static const google::protobuf::DescriptorPool& pool = *[] {
    auto* made = new google::protobuf::DescriptorPool();
    google::protobuf::FileDescriptorSet files;
    files.ParseFromArray(
        _binary_storefront_binpb_start,
        static_cast<int>(_binary_storefront_binpb_end - _binary_storefront_binpb_start));
    // Imports come first in the set.
    for (const auto& file : files.file()) made->BuildFile(file);
    return made;
  }();
  return pool;
}

template <typename Descriptor>
std::string CommentOf(const Descriptor* documented) {
  google::protobuf::SourceLocation location;
  if (documented == nullptr || !documented->GetSourceLocation(&location)) return "";
  std::string out;
  for (absl::string_view line : absl::StrSplit(location.leading_comments, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) {
      absl::StrAppend(&out, out.empty() ? "" : "\n\n");
    } else {
      absl::StrAppend(&out, out.empty() || out.back() == '\n' ? "" : " ", line);
    }
  }
  absl::StripTrailingAsciiWhitespace(&out);
  return out;
}

}  // namespace

std::string FieldDoc(const google::protobuf::FieldDescriptor& field) {
  return CommentOf(Pool().FindFieldByName(field.full_name()));
}

std::string MethodDoc(const google::protobuf::MethodDescriptor& method) {
  return CommentOf(Pool().FindMethodByName(method.full_name()));
}

std::string FirstSentence(const std::string& text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const bool ends = text[i] == '.' && (text[i + 1] == ' ' || text[i + 1] == '\n');
    if (ends) return text.substr(0, i + 1);
  }
  return text;
}

}  // namespace storefront::cli
