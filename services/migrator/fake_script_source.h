// Scripts in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/status/error.h"
#include "services/migrator/script_checksum.h"
#include "services/migrator/script_source.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {

// A file's text with its checksum, as a source reads it.
inline SourceText MakeText(const std::string& text) {
  return {.text = TextInMemory(text), .checksum = ScriptChecksum(text)};
}

class FakeScriptSource final : public ScriptSource {
 public:
  explicit FakeScriptSource(std::map<std::string, std::string> texts = {})
      : files(std::move(texts)) {}

  absl::StatusOr<SourceListing> List() override {
    if (files != listed_) ++version_;
    listed_ = files;
    SourceListing list{.files = {}, .version = version_};
    for (const auto& [path, text] : files) list.files.push_back({"m", path});
    return list;
  }
  absl::StatusOr<SourceText> Read(const SourceFile& file) override {
    ++reads;
    const auto found = files.find(file.path);
    if (found == files.end()) {
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = status::Reason::kUnsafeFile,
                            .message = file.path + " cannot be read"});
    }
    if (FindInvalidUtf8(found->second)) {
      return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                            .reason = status::Reason::kInvalidEncoding,
                            .message = file.path + " is not UTF-8"});
    }
    return SourceText{.text = TextInMemory(found->second),
                      .checksum = ScriptChecksum(found->second)};
  }
  absl::StatusOr<int32_t> Checksum(const SourceFile& file) override {
    auto text = Read(file);
    if (!text.ok()) return text.status();
    return text->checksum;
  }

  std::map<std::string, std::string> files;  // path → text
  int reads = 0;

 private:
  std::map<std::string, std::string> listed_;
  uint64_t version_ = 0;
};

}  // namespace storefront::migrator
