// SPDX-License-Identifier: Apache-2.0
#include "libs/http/testing_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/sync/stop.h"

namespace storefront::http {
namespace {

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Reads one request; nothing when the peer closed.
std::optional<ServedRequest> ReadRequest(int fd, std::string& buffer) {
  const auto more = [&] {
    char chunk[4096];
    const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
    if (got > 0) buffer.append(chunk, static_cast<size_t>(got));
    return got > 0;
  };
  size_t end = buffer.find("\r\n\r\n");
  for (; end == std::string::npos; end = buffer.find("\r\n\r\n")) {
    if (!more()) return std::nullopt;
  }
  const std::string head = buffer.substr(0, end);
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
  const std::vector<std::string> start = absl::StrSplit(lines[0], ' ');
  size_t length = 0;
  for (const std::string& line : lines) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.size() == 2 && absl::EqualsIgnoreCase(parts[0], "content-length")) {
      if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(parts[1]), &length)) return std::nullopt;
    }
  }
  while (buffer.size() < end + 4 + length) {
    if (!more()) return std::nullopt;
  }
  ServedRequest request{start[0], start.size() > 1 ? start[1] : "", buffer.substr(end + 4, length)};
  buffer.erase(0, end + 4 + length);
  return request;
}

}  // namespace

TestingServer::TestingServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TestingServer::~TestingServer() {
  stop_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    sync::MutexLock lock(mutex_);
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  ::close(listener_);
}

std::string TestingServer::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

void TestingServer::Accept() {
  while (!stop_.stop_requested()) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sync::MutexLock lock(mutex_);
    if (stop_.stop_requested()) {
      ::close(connection);
      return;
    }
    connections_.insert(connection);
    threads_.emplace_back([this, connection] { Serve(connection); });
  }
}

void TestingServer::Serve(int connection) {
  std::string buffer;
  while (const auto request = ReadRequest(connection, buffer)) {
    if (!Answer(connection, handler_(*request))) break;
  }
  sync::MutexLock lock(mutex_);
  connections_.erase(connection);
  ::close(connection);
}

bool TestingServer::Wait(absl::Duration duration) {
  return sync::SleepUnlessStopped(duration, stop_.get_token());
}

bool TestingServer::Answer(int connection, const ServedResponse& response) {
  if (response.close) return false;
  if (response.hang) {
    Wait(absl::Hours(1));
    return false;
  }
  if (!Wait(response.delay)) return false;
  if (!response.raw.empty()) {
    WriteAll(connection, response.raw);
    return false;
  }
  const bool has_body = response.status != 204;
  const std::string head =
      absl::StrCat("HTTP/1.1 ", response.status, " X\r\n", response.headers,
                   has_body ? absl::StrCat("Content-Type: ", response.content_type,
                                           "\r\nContent-Length: ", response.body.size(), "\r\n")
                            : "",
                   "\r\n");
  if (response.byte_delay <= absl::ZeroDuration()) {
    return WriteAll(connection, absl::StrCat(head, has_body ? response.body : ""));
  }
  if (!WriteAll(connection, head)) return false;
  for (const char c : response.body) {
    if (!Wait(response.byte_delay) || !WriteAll(connection, absl::string_view(&c, 1))) return false;
  }
  return true;
}

}  // namespace storefront::http
