// Which process listens on a port of this machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace storefront::cli {

// "java (pid 4711)"; empty when nobody does, or when it is not ours to see.
std::string PortOwner(int port);

// The inode of the listening socket in the text of /proc/net/tcp or tcp6; empty without one. Pure.
std::string ListeningInode(absl::string_view table, int port);

}  // namespace storefront::cli
