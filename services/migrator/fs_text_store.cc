// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/fs_text_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {

struct FsTextStore::Shared {
  explicit Shared(FsTextStoreOptions given) : options(std::move(given)) {}
  const FsTextStoreOptions options;
  std::atomic<size_t> in_memory = 0;
};

namespace {

using status::Reason;
using SharedState = std::shared_ptr<FsTextStore::Shared>;

constexpr size_t kWriteBytes = size_t{256} << 10;

size_t PageBytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

absl::Status CannotKeep(const std::string& folder, int error) {
  const char* name = strerrorname_np(error);
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return status::Error(
      {.code = full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kFailedPrecondition,
       .reason = full ? Reason::kDiskFull : Reason::kInvalidSetting,
       .message = absl::StrCat(
           "A large script could not be copied into ", folder, " (",
           name == nullptr ? absl::StrCat("error ", error) : std::string(name),
           "). Make room there, or point `spool_folder` at a folder that takes files."),
       .metadata = {{"setting", "spool_folder"}}});
}

class MemoryText final : public ScriptText {
 public:
  MemoryText(std::string text, SharedState shared)
      : text_(std::move(text)), shared_(std::move(shared)) {
    shared_->in_memory += text_.size();
  }
  ~MemoryText() override { shared_->in_memory -= text_.size(); }
  absl::string_view view() const override { return text_; }
  void Release(size_t, size_t) const override {}
  std::unique_ptr<ScriptTextWriter> NewWriter() const override;

 private:
  const std::string text_;
  const SharedState shared_;
};

class MappedText final : public ScriptText {
 public:
  MappedText(void* bytes, size_t size, SharedState shared)
      : bytes_(bytes), size_(size), shared_(std::move(shared)) {}
  ~MappedText() override { munmap(bytes_, size_); }
  absl::string_view view() const override { return {static_cast<const char*>(bytes_), size_}; }
  void Release(size_t begin, size_t end) const override {
    // Pages at the edges may go as well: they come back from the page cache.
    begin = begin / PageBytes() * PageBytes();
    end = std::min(end, size_);
    if (begin < end) madvise(static_cast<char*>(bytes_) + begin, end - begin, MADV_DONTNEED);
  }
  std::unique_ptr<ScriptTextWriter> NewWriter() const override;

 private:
  void* const bytes_;
  const size_t size_;
  const SharedState shared_;
};

class Writer final : public ScriptTextWriter {
 public:
  Writer(SharedState shared, size_t expected_bytes) : shared_(std::move(shared)) {
    // What will be too much is never gathered in memory first.
    is_large_ = IsTooMuch(expected_bytes);
    buffer_.reserve(is_large_ ? 2 * kWriteBytes : expected_bytes);
  }
  ~Writer() override {
    if (file_ >= 0) close(file_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  absl::Status Append(absl::string_view piece) override {
    const size_t most = shared_->options.max_text_bytes;
    if (size_ + piece.size() > most) {
      return status::Error(
          {.code = absl::StatusCode::kResourceExhausted,
           .reason = Reason::kLimitExceeded,
           .message = absl::StrCat("The script is larger than ", most,
                                   " bytes. Split it, or raise `max_script_bytes`."),
           .metadata = {{"setting", "max_script_bytes"}}});
    }
    size_ += piece.size();
    absl::StrAppend(&buffer_, piece);
    is_large_ = is_large_ || IsTooMuch(buffer_.size());
    if (file_ < 0 && is_large_ && size_ > 0) RETURN_IF_ERROR(OpenFile());
    if (file_ >= 0 && buffer_.size() >= kWriteBytes) return WriteOut();
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const ScriptText>> Finish() override {
    if (file_ < 0) {
      buffer_.shrink_to_fit();
      return std::make_shared<const MemoryText>(std::move(buffer_), shared_);
    }
    RETURN_IF_ERROR(WriteOut());
    void* bytes = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_, 0);
    if (bytes == MAP_FAILED) return CannotKeep(shared_->options.folder, errno);
    return std::make_shared<const MappedText>(bytes, size_, shared_);
  }

 private:
  bool IsTooMuch(size_t bytes) const {
    return bytes > shared_->options.spool_bytes ||
           (bytes > FsTextStore::kSmallestSpooled &&
            shared_->in_memory + bytes > FsTextStore::kMemoryBytes);
  }

  absl::Status OpenFile() {
    const std::string& folder = shared_->options.folder;
    file_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
      // A file system without nameless files: the name lives for an instant.
      std::string name = absl::StrCat(folder, "/storefront-migrator-XXXXXX");
      file_ = mkostemp(name.data(), O_CLOEXEC);
      if (file_ >= 0) unlink(name.c_str());
    }
    return file_ < 0 ? CannotKeep(folder, errno) : absl::OkStatus();
  }

  absl::Status WriteOut() {
    absl::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = write(file_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return CannotKeep(shared_->options.folder, errno);
      rest.remove_prefix(static_cast<size_t>(written));
    }
    if (buffer_.capacity() > 2 * kWriteBytes) {
      std::string().swap(buffer_);
      buffer_.reserve(2 * kWriteBytes);
    }
    buffer_.clear();
    return absl::OkStatus();
  }

  const SharedState shared_;
  std::string buffer_;  // the whole text, or what is not in the file yet
  size_t size_ = 0;
  bool is_large_ = false;
  int file_ = -1;
};

std::unique_ptr<ScriptTextWriter> MemoryText::NewWriter() const {
  return std::make_unique<Writer>(shared_, text_.size());
}
std::unique_ptr<ScriptTextWriter> MappedText::NewWriter() const {
  return std::make_unique<Writer>(shared_, size_);
}

}  // namespace

FsTextStore::FsTextStore(FsTextStoreOptions options)
    : shared_(std::make_shared<Shared>(std::move(options))) {}

std::unique_ptr<ScriptTextWriter> FsTextStore::NewWriter(size_t expected_bytes) const {
  return std::make_unique<Writer>(shared_, expected_bytes);
}

size_t FsTextStore::bytes_in_memory() const { return shared_->in_memory; }

}  // namespace storefront::migrator
