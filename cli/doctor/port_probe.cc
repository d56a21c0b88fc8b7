// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/port_probe.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/doctor/port_owner.h"

namespace storefront::cli {
namespace {

using std::string_literals::operator""s;  // for bytes with zeros

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// True when `events` came within the time.
bool WaitFor(int descriptor, short events, absl::Duration timeout) {
  pollfd waited{.fd = descriptor, .events = events, .revents = 0};
  return poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) == 1;
}

bool Connect(int descriptor, const addrinfo& target, absl::Duration timeout) {
  if (connect(descriptor, target.ai_addr, target.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS || !WaitFor(descriptor, POLLOUT, timeout)) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

// What comes until the answer can be judged: 16 bytes, the end, or the time.
std::string ReadSome(int descriptor, absl::Duration timeout) {
  std::string bytes;
  char chunk[256];
  while (bytes.size() < 16 && WaitFor(descriptor, POLLIN, timeout)) {
    const ssize_t got = recv(descriptor, chunk, sizeof(chunk), 0);
    if (got <= 0) break;
    bytes.append(chunk, static_cast<size_t>(got));
    if (bytes == "S" || bytes == "N") break;
  }
  return bytes;
}

}  // namespace

std::string Greeting(Protocol protocol, const std::string& host, const std::string& path) {
  switch (protocol) {
    case Protocol::kPostgres:
      return "\0\0\0\x08\x04\xd2\x16\x2f"s;
    case Protocol::kKafka:
      // Size 20, ApiVersions (18) version 0, correlation id 0x5f5f5f01, client id "storefront".
      return "\0\0\0\x14\0\x12\0\0\x5f\x5f\x5f\x01\0\x0a"s + "storefront";
    case Protocol::kHttp:
      return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host,
                          "\r\nConnection: close\r\n\r\n");
    case Protocol::kHttp2:
      return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"s;
  }
  return "";
}

bool IsAnswerOf(Protocol protocol, const std::string& bytes) {
  switch (protocol) {
    case Protocol::kPostgres:
      return bytes == "S" || bytes == "N";
    case Protocol::kKafka:
      return bytes.size() >= 8 && bytes.substr(4, 4) == "\x5f\x5f\x5f\x01";
    case Protocol::kHttp:
      return absl::StartsWith(bytes, "HTTP/1.");
    case Protocol::kHttp2:
      // A SETTINGS frame: type 4 after three bytes of length.
      return bytes.size() >= 9 && bytes[3] == '\x04' && !absl::StartsWith(bytes, "HTTP");
  }
  return false;
}

PortAnswer ProbePort(const std::string& address, Protocol protocol, const std::string& path,
                     absl::Duration timeout) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  const std::string host = address.substr(0, colon), port = address.substr(colon + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &raw) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, &freeaddrinfo);
  for (const addrinfo* target = found.get(); target != nullptr; target = target->ai_next) {
    const Socket socket(::socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0 || !Connect(socket.get(), *target, timeout)) continue;
    PortAnswer answer{.state = PortState::kSilent, .owner = PortOwner(std::atoi(port.c_str()))};
    const std::string hello = Greeting(protocol, address, path);
    if (send(socket.get(), hello.data(), hello.size(), MSG_NOSIGNAL) < 0) return answer;
    const std::string bytes = ReadSome(socket.get(), timeout);
    if (IsAnswerOf(protocol, bytes)) {
      answer.state = PortState::kSpeaks;
      if (protocol == Protocol::kHttp && bytes.size() >= 12) {
        answer.http_status = std::atoi(bytes.substr(9, 3).c_str());
      }
    } else if (!bytes.empty()) {
      answer.state = PortState::kForeign;
    }
    return answer;
  }
  return {};
}

}  // namespace storefront::cli
