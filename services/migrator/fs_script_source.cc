// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_script_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/script_checksum.h"
#include "services/migrator/script_name.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

using status::Reason;

constexpr size_t kReadBytes = size_t{256} << 10;
constexpr size_t kLongestCharacter = 4;  // of UTF-8, in bytes

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The name of an error without strerror's shared buffer.
std::string ErrorName(int error) {
  const char* name = strerrorname_np(error);
  return name == nullptr ? absl::StrCat("error ", error) : name;
}

Descriptor OpenLocation(const std::string& location) {
  absl::string_view folder = location;
  absl::ConsumePrefix(&folder, "filesystem:");
  return Descriptor(open(std::string(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Descriptor OpenBeneath(int folder, const std::string& path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Descriptor(
      static_cast<int>(syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how))));
}

absl::Status LocationNotFound(const std::string& location, int error) {
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kLocationNotFound,
       .message = absl::StrCat("Location ", location, " is no folder that can be read (",
                               ErrorName(error), "). Create it, or correct `locations`."),
       .metadata = {{"location", location}}});
}

absl::Status Unsafe(const std::string& path, absl::string_view why) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kUnsafeFile,
                        .message = absl::StrCat(path, " ", why),
                        .metadata = {{"file", path}}});
}

absl::Status OverLimit(absl::string_view setting, absl::string_view message) {
  return status::Error({.code = absl::StatusCode::kResourceExhausted,
                        .reason = Reason::kLimitExceeded,
                        .message = std::string(message),
                        .metadata = {{"setting", std::string(setting)}}});
}

absl::Status InvalidEncoding(const std::string& path, size_t offset) {
  return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                        .reason = Reason::kInvalidEncoding,
                        .message = absl::StrCat(path, " is not UTF-8: byte ", offset,
                                                " cannot stand there. Save it as UTF-8."),
                        .metadata = {{"file", path}, {"offset", absl::StrCat(offset)}}});
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity IdentityOf(const struct stat& facts) {
  return {.device = facts.st_dev,
          .inode = facts.st_ino,
          .size = facts.st_size,
          .modified_ns = Nanoseconds(facts.st_mtim),
          .changed_ns = Nanoseconds(facts.st_ctim)};
}

// A file that changed just now may change again within one tick of the file system's clock.
constexpr int64_t kTickNs = 1'000'000'000;

bool IsAtRest(const FileIdentity& identity, int64_t before_ns) {
  return identity != FileIdentity() &&
         before_ns - std::max(identity.modified_ns, identity.changed_ns) > kTickNs;
}

struct Walk {
  const std::string& location;
  int root;
  const FsScriptSourceOptions& options;
  std::vector<ListedFile>& files;
  int64_t& total_bytes;
  std::set<std::pair<dev_t, ino_t>> seen;  // a link to a folder above would never end
};

// Adds the files of the folder `below` ("" or "dir/").
absl::Status WalkFolder(Walk& walk, const std::string& below) {
  Descriptor folder = OpenBeneath(walk.root, below.empty() ? "." : below, O_RDONLY | O_DIRECTORY);
  if (!folder.ok()) return LocationNotFound(absl::StrCat(walk.location, "/", below), errno);
  struct stat here{};
  if (fstat(folder.get(), &here) != 0 || !walk.seen.emplace(here.st_dev, here.st_ino).second) {
    return absl::OkStatus();
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(folder.get()), closedir);
  if (entries == nullptr) return LocationNotFound(absl::StrCat(walk.location, "/", below), errno);
  folder.release();                                       // closedir closes it
  while (const dirent* entry = readdir(entries.get())) {  // NOLINT(concurrency-mt-unsafe): own DIR
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = below + name;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
      const Descriptor target = OpenBeneath(walk.root, path, O_PATH);
      if (!target.ok() && errno == EXDEV && !IsScriptFile(name)) {
        return Unsafe(path, "is a link that leaves its location. Replace it by a file or folder.");
      }
      struct stat facts{};
      is_folder = target.ok() && fstat(target.get(), &facts) == 0 && S_ISDIR(facts.st_mode);
    }
    if (is_folder) {
      if (!absl::StartsWith(name, ".")) RETURN_IF_ERROR(WalkFolder(walk, path + "/"));
      continue;
    }
    if (!IsScriptFile(name) && !IsScriptConfigFile(name)) continue;
    if (walk.files.size() >= walk.options.max_files) {
      return OverLimit("max_files",
                       absl::StrCat("The locations hold more than ", walk.options.max_files,
                                    " migration files. Raise `max_files`."));
    }
    ListedFile listed{.file = {walk.location, path}, .identity = {}};
    struct stat facts{};  // of what a link leads to; it is read with all checks, or not at all
    if (fstatat(dirfd(entries.get()), name.c_str(), &facts, 0) == 0 && S_ISREG(facts.st_mode)) {
      walk.total_bytes += facts.st_size;
      listed.identity = IdentityOf(facts);
    }
    if (walk.total_bytes > walk.options.max_total_bytes) {
      return OverLimit(
          "max_total_bytes",
          absl::StrCat("The migration files have more than ", walk.options.max_total_bytes,
                       " bytes together. Raise `max_total_bytes`."));
    }
    walk.files.push_back(std::move(listed));
  }
  return absl::OkStatus();
}

}  // namespace

FsScriptSource::FsScriptSource(FsScriptSourceOptions options, clock::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      store_({.folder = options_.spool_folder,
              .spool_bytes = options_.spool_bytes,
              .max_text_bytes = static_cast<size_t>(options_.max_script_bytes)}) {}

absl::StatusOr<SourceListing> FsScriptSource::List() {
  const int64_t before_ns = absl::ToUnixNanos(clock_.Now());
  std::vector<ListedFile> found;
  int64_t total_bytes = 0;
  const std::set<std::string> locations(options_.locations.begin(), options_.locations.end());
  for (const std::string& location : locations) {
    const Descriptor root = OpenLocation(location);
    if (!root.ok()) return LocationNotFound(location, errno);
    Walk walk{location, root.get(), options_, found, total_bytes, {}};
    const auto first = static_cast<std::ptrdiff_t>(found.size());
    RETURN_IF_ERROR(WalkFolder(walk, ""));
    std::sort(found.begin() + first, found.end(),
              [](const ListedFile& a, const ListedFile& b) { return a.file.path < b.file.path; });
  }
  SourceListing listing;
  listing.files.reserve(found.size());
  for (const ListedFile& each : found) listing.files.push_back(each.file);
  const bool is_at_rest = std::all_of(found.begin(), found.end(), [&](const ListedFile& each) {
    return IsAtRest(each.identity, before_ns);
  });
  sync::MutexLock lock(mutex_);
  if (found != listed_) {
    // What is gone or another file by now is known no longer. Another file behind a link has
    // another inode and is read anew, with all checks.
    decltype(known_) known;
    for (const ListedFile& each : found) {
      auto old = known_.find(each.file);
      if (old == known_.end() || old->second.identity != each.identity) continue;
      known.insert(known_.extract(old));
    }
    known_ = std::move(known);
    listed_ = std::move(found);
    ++version_;
  }
  if (is_at_rest) listing.version = version_;
  return listing;
}

void FsScriptSource::CheckListed(const SourceFile& file, const FileIdentity& identity) {
  sync::MutexLock lock(mutex_);
  const auto listed = std::lower_bound(
      listed_.begin(), listed_.end(), file,
      [](const ListedFile& each, const SourceFile& wanted) { return each.file < wanted; });
  if (listed == listed_.end() || listed->file != file || listed->identity == identity) return;
  listed_.clear();
  ++version_;
}

absl::StatusOr<int32_t> FsScriptSource::ReadOnce(const SourceFile& file, FileIdentity& identity,
                                                 std::unique_ptr<ScriptTextWriter>* writer) {
  const Descriptor root = OpenLocation(file.location);
  if (!root.ok()) return LocationNotFound(file.location, errno);
  // Without O_NONBLOCK the open of a FIFO would wait for a writer.
  const Descriptor opened = OpenBeneath(root.get(), file.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!opened.ok()) {
    if (errno == EXDEV) return Unsafe(file.path, "is a link that leaves its location.");
    return Unsafe(file.path, absl::StrCat("cannot be read (", ErrorName(errno), ")."));
  }
  struct stat facts{};
  if (fstat(opened.get(), &facts) != 0) {
    return Unsafe(file.path, absl::StrCat("cannot be read (", ErrorName(errno), ")."));
  }
  if (!S_ISREG(facts.st_mode)) return Unsafe(file.path, "is no regular file.");
  identity = IdentityOf(facts);
  CheckListed(file, identity);
  const auto too_large = [&] {
    return OverLimit("max_script_bytes",
                     absl::StrCat(file.path, " is larger than ", options_.max_script_bytes,
                                  " bytes. Split it, or raise `max_script_bytes`."));
  };
  if (facts.st_size > options_.max_script_bytes) return too_large();
  const auto size = static_cast<size_t>(facts.st_size);
  if (writer != nullptr) *writer = store_.NewWriter(size);
  ScriptChecksummer checksum;
  std::string piece;
  piece.resize(std::min(size + 1, kReadBytes));  // one more shows a file that grew
  size_t carried = 0;                            // begin of a character that the next read ends
  size_t checked = 0;                            // bytes before `piece`
  for (bool at_end = false; !at_end;) {
    const ssize_t got = read(opened.get(), piece.data() + carried, piece.size() - carried);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unsafe(file.path, absl::StrCat("cannot be read (", ErrorName(errno), ")."));
    at_end = got == 0;
    absl::string_view text(piece.data(), carried + static_cast<size_t>(got));
    if (static_cast<int64_t>(checked + text.size()) > options_.max_script_bytes) return too_large();
    if (const auto bad = FindInvalidUtf8(text); bad) {
      if (at_end || text.size() - *bad >= kLongestCharacter) {
        return InvalidEncoding(file.path, checked + *bad);
      }
      text = text.substr(0, *bad);
    }
    checksum.Add(text);
    if (writer != nullptr) {
      const absl::Status kept = (*writer)->Append(text);
      if (!kept.ok()) return status::Prefix(file.path, kept);
    }
    checked += text.size();
    carried = carried + static_cast<size_t>(got) - text.size();
    std::memmove(piece.data(), piece.data() + text.size(), carried);
    if (piece.size() < kReadBytes && piece.size() - carried < kLongestCharacter) {
      piece.resize(kReadBytes);
    }
  }
  return checksum.Finish();
}

absl::StatusOr<SourceText> FsScriptSource::Read(const SourceFile& file) {
  FileIdentity identity;
  std::unique_ptr<ScriptTextWriter> writer;
  ASSIGN_OR_RETURN(const int32_t checksum, ReadOnce(file, identity, &writer));
  auto text = writer->Finish();
  if (!text.ok()) return status::Prefix(file.path, text.status());
  return SourceText{.text = *std::move(text), .checksum = checksum};
}

absl::StatusOr<int32_t> FsScriptSource::Checksum(const SourceFile& file) {
  {
    sync::MutexLock lock(mutex_);
    const auto known = known_.find(file);
    if (known != known_.end()) return known->second.checksum;
  }
  const int64_t before_ns = absl::ToUnixNanos(clock_.Now());
  FileIdentity identity;
  ASSIGN_OR_RETURN(const int32_t checksum, ReadOnce(file, identity, nullptr));
  if (IsAtRest(identity, before_ns)) {
    sync::MutexLock lock(mutex_);
    known_[file] = {.identity = identity, .checksum = checksum};
  }
  return checksum;
}

}  // namespace storefront::migrator
