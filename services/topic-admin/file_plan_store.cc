// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/file_plan_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/log/event.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/topic-admin/json_plan.h"

namespace storefront::topics {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "plan-";
constexpr char kSuffix[] = ".json";
constexpr char kUnfinished[] = ".unfinished";

absl::Status Unusable(absl::string_view what, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return status::Error(
      {.code =
           is_full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kFailedPrecondition,
       .reason = is_full ? status::Reason::kDiskFull : status::Reason::kStateDirUnusable,
       .message = absl::StrCat("The state folder cannot be used: ", what, ": ",
                               std::strerror(error), ".")});
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Unusable("writing a plan", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

class FilePlanStore final : public PlanStore {
 public:
  FilePlanStore(fs::path folder, Descriptor directory, Descriptor lock)
      : folder_(std::move(folder)), directory_(std::move(directory)), lock_(std::move(lock)) {}

  absl::StatusOr<std::vector<TopicPlan>> Load() override {
    std::vector<TopicPlan> plans;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder_, error)) {
      const std::string name = file.path().filename().string();
      if (absl::EndsWith(name, kUnfinished)) {
        std::error_code ignored;
        fs::remove(file.path(), ignored);  // a write that a crash cut off; the old content stands
        continue;
      }
      if (!absl::StartsWith(name, kPrefix) || !absl::EndsWith(name, kSuffix)) continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      auto plan = PlanFromJson(text);
      if (!plan.ok()) {
        LOG(ERROR) << log::Event(
            "plan_unreadable",
            {{"file", name}, {"internal_error", status::DetailsOf(plan.status()).internal}});
        continue;
      }
      plans.push_back(*std::move(plan));
    }
    if (error) return Unusable("listing plans", error.value());
    std::sort(plans.begin(), plans.end(),
              [](const TopicPlan& a, const TopicPlan& b) { return a.id < b.id; });
    return plans;
  }

  absl::Status Save(const TopicPlan& plan) override {
    const fs::path target = PathOf(plan.id);
    const fs::path unfinished = target.string() + kUnfinished;
    {
      const Descriptor file(
          open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (file.get() < 0) return Unusable("opening a plan", errno);
      RETURN_IF_ERROR(WriteAll(file.get(), PlanToJson(plan)));
      if (fsync(file.get()) != 0) return Unusable("syncing a plan", errno);
    }
    if (rename(unfinished.c_str(), target.c_str()) != 0) {
      return Unusable("renaming a plan", errno);
    }
    return Sync();
  }

  absl::Status Remove(const std::string& id) override {
    if (unlink(PathOf(id).c_str()) != 0 && errno != ENOENT) {
      return Unusable("removing a plan", errno);
    }
    return Sync();
  }

 private:
  fs::path PathOf(const std::string& id) const {
    return folder_ / absl::StrCat(kPrefix, id, kSuffix);
  }

  absl::Status Sync() {
    if (fsync(directory_.get()) != 0) return Unusable("syncing the folder", errno);
    return absl::OkStatus();
  }

  const fs::path folder_;
  const Descriptor directory_;
  const Descriptor lock_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PlanStore>> OpenFilePlanStore(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Unusable("making it", error.value());
  Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return Unusable("opening it", errno);
  const std::string lock_path = absl::StrCat(folder, "/lock");
  Descriptor lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return Unusable("opening its lock", errno);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Unusable("locking it", errno);
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = status::Reason::kStateDirInUse,
         .message = absl::StrCat("Another process uses the state folder ", folder, ".")});
  }
  return std::make_unique<FilePlanStore>(folder, std::move(directory), std::move(lock));
}

}  // namespace storefront::topics
