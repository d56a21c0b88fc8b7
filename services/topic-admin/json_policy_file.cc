// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_policy_file.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "libs/sync/mutex.h"
#include "services/topic-admin/digest.h"
#include "services/topic-admin/json_strictness.h"
#include "services/topic-admin/policy_convert.h"

namespace storefront::topics {
namespace {

using Problems = std::vector<PolicyProblem>;

// The file's bytes, or the one problem why not.
std::optional<std::string> ReadBytes(const std::string& path, Problems& problems) {
  const auto refuse = [&](const std::string& description) {
    problems.push_back({path, description});
    return std::nullopt;
  };
  const int file =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not hang us
  if (file < 0) return refuse(absl::StrCat("cannot be opened: ", std::strerror(errno)));
  const auto close_file = [](const int* fd) { close(*fd); };
  const std::unique_ptr<const int, decltype(close_file)> closer(&file, close_file);
  struct stat info = {};
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return refuse("is not a regular file");
  std::string bytes(kMaxPolicyBytes + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(absl::StrCat("cannot be read: ", std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMaxPolicyBytes) return refuse("is larger than 1 MiB");
  bytes.resize(size);
  return bytes;
}

// protobuf says "(topics[0].partitions): invalid value …" for a wrong type and "(topics[0]) bogus:
// Cannot find field." for an unknown member. Anything else concerns the whole policy.
PolicyProblem FromProtobuf(absl::string_view text) {
  absl::string_view rest = text;
  std::string path;
  if (absl::ConsumePrefix(&rest, "(")) {
    const size_t close = std::min(rest.find("): "), rest.find(") "));
    if (close == absl::string_view::npos) return {"policy", std::string(text)};
    path = std::string(rest.substr(0, close));
    rest.remove_prefix(close + 1);
  }
  if (absl::ConsumePrefix(&rest, ": ")) {
    return {path.empty() ? "policy" : path, std::string(rest)};
  }
  absl::ConsumePrefix(&rest, " ");
  const size_t colon = rest.find(": ");
  if (colon == absl::string_view::npos) return {"policy", std::string(text)};
  absl::StrAppend(&path, path.empty() ? "" : ".", rest.substr(0, colon));
  return {path, std::string(rest.substr(colon + 2))};
}

class JsonPolicyFile final : public PolicyFile {
 public:
  JsonPolicyFile(std::string path, PolicyLimits limits, clock::Clock& clock,
                 std::function<void(bool)> on_read)
      : path_(std::move(path)), limits_(limits), clock_(clock), on_read_(std::move(on_read)) {}

  absl::StatusOr<LoadedPolicy> Read() override {
    auto policy = ReadFile();
    if (on_read_) on_read_(policy.ok());
    return policy;
  }

  absl::StatusOr<LoadedPolicy> Parse(absl::string_view text) override {
    return Parse(text, absl::StatusCode::kInvalidArgument);
  }

 private:
  absl::StatusOr<LoadedPolicy> ReadFile() {
    Problems problems;
    const auto bytes = ReadBytes(path_, problems);
    RETURN_IF_ERROR(PolicyInvalid(absl::StatusCode::kFailedPrecondition, problems));
    const std::string etag = DigestOf(*bytes);
    sync::MutexLock lock(mutex_);
    if (!last_ || etag != last_etag_) {
      last_ = Parse(*bytes, absl::StatusCode::kFailedPrecondition);
      last_etag_ = etag;
    }
    return *last_;
  }

  absl::StatusOr<LoadedPolicy> Parse(absl::string_view text, absl::StatusCode code) const {
    RETURN_IF_ERROR(PolicyInvalid(code, CheckStrictJson(text)));
    v1::TopicPolicy proto;
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        google::protobuf::StringPiece(text.data(), text.size()), &proto);
    if (!parsed.ok()) {
      const auto message = parsed.message();
      return PolicyInvalid(
          code,
          {FromProtobuf(absl::string_view(message.data(), static_cast<size_t>(message.size())))});
    }
    Problems problems;
    LoadedPolicy loaded = {
        .policy = FromProto(proto, problems), .etag = DigestOf(text), .read_time = clock_.Now()};
    PolicyReport report = CheckPolicy(loaded.policy, limits_);
    problems.insert(problems.end(), report.problems.begin(), report.problems.end());
    if (problems.size() > kMaxProblems) problems.resize(kMaxProblems);
    RETURN_IF_ERROR(PolicyInvalid(code, problems));
    loaded.findings = std::move(report.findings);
    return loaded;
  }

  const std::string path_;
  const PolicyLimits limits_;
  clock::Clock& clock_;
  const std::function<void(bool)> on_read_;
  sync::Mutex mutex_;
  std::optional<absl::StatusOr<LoadedPolicy>> last_ ABSL_GUARDED_BY(mutex_);
  std::string last_etag_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<PolicyFile> MakeJsonPolicyFile(std::string path, PolicyLimits limits,
                                               clock::Clock& clock,
                                               std::function<void(bool)> on_read) {
  return std::make_unique<JsonPolicyFile>(std::move(path), limits, clock, std::move(on_read));
}

}  // namespace storefront::topics
