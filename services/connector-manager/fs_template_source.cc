// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/fs_template_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/connector-manager/connector_template.h"

namespace storefront::connectors {
namespace {

using status::Reason;

constexpr absl::string_view kSuffix = ".template.json";
constexpr size_t kKeyBytes = 32;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status BadSetting(absl::string_view setting, absl::string_view message, int error) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kInvalidSetting,
                        .message = absl::StrCat(message, " (setting ", setting, ")."),
                        .metadata = {{"setting", std::string(setting)}},
                        .internal = error == 0 ? "" : std::strerror(error)});
}

absl::Status NotFound(const std::string& id) {
  return status::Error({.code = absl::StatusCode::kNotFound,
                        .reason = Reason::kResourceNotFound,
                        .message = absl::StrCat("There is no template ", id, "."),
                        .resource = status::ResourceRef{"connectorTemplates",
                                                        absl::StrCat("connectorTemplates/", id)}});
}

// Below `folder` and nowhere else: no link, no step up, whatever happens to the folder meanwhile.
int OpenBeneath(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
}

// The content of a regular file of at most `bytes_max`; nothing when it is no such file.
std::optional<std::string> ReadRegular(int fd, int64_t bytes_max) {
  struct stat facts{};
  if (fd < 0 || ::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size > bytes_max) {
    return std::nullopt;
  }
  std::string content;
  char chunk[65536];
  for (;;) {
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got < 0) return std::nullopt;
    if (got == 0) return content;
    content.append(chunk, static_cast<size_t>(got));
    if (static_cast<int64_t>(content.size()) > bytes_max) return std::nullopt;
  }
}

class FsTemplateSource final : public TemplateSource {
 public:
  explicit FsTemplateSource(FsTemplateOptions options) : options_(std::move(options)) {}

  absl::StatusOr<std::vector<TemplateFile>> Templates() override {
    const Descriptor folder(OpenFolder());
    if (folder.get() < 0) {
      return BadSetting("templates_dir", "The folder of the templates cannot be read", errno);
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> ids, Ids(folder.get()));
    std::vector<TemplateFile> files;
    for (const std::string& id : ids) {
      const auto file = Read(folder.get(), id);
      if (file.ok()) {
        files.push_back(*file);
      } else if (!absl::IsNotFound(file.status())) {
        return file.status();
      }
    }
    return files;
  }

  absl::StatusOr<TemplateFile> Template(const std::string& id) override {
    if (!IsTemplateId(id)) {
      return status::InvalidField("name",
                                  "a template id has lower-case letters, digits, `.`, `_` and `-`");
    }
    const Descriptor folder(OpenFolder());
    if (folder.get() < 0) {
      return BadSetting("templates_dir", "The folder of the templates cannot be read", errno);
    }
    return Read(folder.get(), id);
  }

  std::vector<DotenvFile> EnvFiles() override {
    std::vector<DotenvFile> files;
    for (const std::string& path : options_.env_files) {
      const Descriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
      // One byte over the cap is enough for the grammar to name it.
      files.push_back({std::filesystem::path(path).filename().string(),
                       ReadRegular(fd.get(), static_cast<int64_t>(kDotenvBytesMax) + 1)});
    }
    return files;
  }

  Environment ProcessEnvironment() override { return options_.environment; }

 private:
  int OpenFolder() const {
    return ::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }

  absl::StatusOr<std::vector<std::string>> Ids(int folder) const {
    DIR* listing = ::fdopendir(::dup(folder));
    if (listing == nullptr) {
      return BadSetting("templates_dir", "The folder of the templates cannot be listed", errno);
    }
    std::vector<std::string> ids;
    while (const dirent* entry = ::readdir(listing)) {  // NOLINT(concurrency-mt-unsafe): own DIR
      absl::string_view name = entry->d_name;
      if (absl::ConsumeSuffix(&name, kSuffix) && IsTemplateId(name)) ids.emplace_back(name);
    }
    ::closedir(listing);
    if (static_cast<int64_t>(ids.size()) > options_.templates_max) {
      return status::Error(
          {.code = absl::StatusCode::kResourceExhausted,
           .reason = Reason::kLimitExceeded,
           .message = absl::StrCat("There are more than ", options_.templates_max, " templates."),
           .metadata = {{"setting", "templates_max"}}});
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  absl::StatusOr<TemplateFile> Read(int folder, const std::string& id) const {
    const Descriptor fd(OpenBeneath(folder, absl::StrCat(id, kSuffix)));
    struct stat facts{};
    if (fd.get() < 0 || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
      return NotFound(id);
    }
    auto content = ReadRegular(fd.get(), options_.bytes_max);
    if (!content) {
      return status::Error({.code = absl::StatusCode::kResourceExhausted,
                            .reason = Reason::kLimitExceeded,
                            .message = absl::StrCat("Template ", id, " is larger than ",
                                                    options_.bytes_max, " bytes."),
                            .metadata = {{"template", id}}});
    }
    return TemplateFile{id, *std::move(content)};
  }

  const FsTemplateOptions options_;
};

}  // namespace

std::unique_ptr<TemplateSource> MakeFsTemplateSource(FsTemplateOptions options) {
  return std::make_unique<FsTemplateSource>(std::move(options));
}

absl::StatusOr<std::unique_ptr<StateFolder>> StateFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return BadSetting("state_dir", "The state folder cannot be made", error.value());
  ::chmod(path.c_str(), 0700);
  const int lock = ::open(absl::StrCat(path, "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return BadSetting("state_dir", "The state folder cannot be written", errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return BadSetting("state_dir", "Another process uses the state folder", 0);
  }
  return std::unique_ptr<StateFolder>(new StateFolder(path, lock));
}

StateFolder::~StateFolder() { ::close(lock_); }

absl::StatusOr<std::string> StateFolder::Key() {
  const std::string path = absl::StrCat(path_, "/revision.key");
  {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto key = ReadRegular(fd.get(), kKeyBytes);
    if (key && key->size() == kKeyBytes) return *key;
  }
  std::string key(kKeyBytes, '\0');
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    return BadSetting("state_dir", "No random bytes for the key of revisions", errno);
  }
  const std::string fresh = absl::StrCat(path, ".new");
  const Descriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0 ||
      ::write(fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
      ::fsync(fd.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return BadSetting("state_dir", "The key of revisions cannot be written", errno);
  }
  return key;
}

}  // namespace storefront::connectors
