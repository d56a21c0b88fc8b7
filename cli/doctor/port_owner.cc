// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/port_owner.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace storefront::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kListening = "0A";

std::string FileText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool HoldsSocket(const fs::path& process, const std::string& link) {
  std::error_code error;
  for (const auto& descriptor : fs::directory_iterator(process / "fd", error)) {
    std::error_code ignored;
    if (fs::read_symlink(descriptor.path(), ignored).string() == link) return true;
  }
  return false;
}

}  // namespace

std::string ListeningInode(absl::string_view table, int port) {
  const std::string wanted = absl::StrFormat(":%04X", port);
  for (const absl::string_view line : absl::StrSplit(table, '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    // sl local_address rem_address st … uid timeout inode
    if (fields.size() > 9 && absl::EndsWith(fields[1], wanted) && fields[3] == kListening) {
      return std::string(fields[9]);
    }
  }
  return "";
}

std::string PortOwner(int port) {
  std::string inode = ListeningInode(FileText("/proc/net/tcp"), port);
  if (inode.empty()) inode = ListeningInode(FileText("/proc/net/tcp6"), port);
  if (inode.empty()) return "";
  const std::string link = absl::StrCat("socket:[", inode, "]");
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string pid = process.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!HoldsSocket(process.path(), link)) continue;
    const std::string name = FileText(process.path() / "comm");
    return absl::StrCat(name.substr(0, name.find('\n')), " (pid ", pid, ")");
  }
  return "";
}

}  // namespace storefront::cli
