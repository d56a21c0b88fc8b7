// SPDX-License-Identifier: Apache-2.0
#include "libs/http/client.h"

#include <curl/curl.h>

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/status/error.h"
#include "libs/sync/mutex.h"

namespace storefront::http {
namespace {

using status::Reason;

constexpr absl::string_view kSentKey = "request_sent";

struct Transfer {
  const std::stop_token* stop = nullptr;
  int64_t body_bytes_max = 0;
  std::string body;
  bool body_too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  if (static_cast<int64_t>(transfer.body.size() + bytes) > transfer.body_bytes_max) {
    transfer.body_too_large = true;
    return 0;  // ends the transfer
  }
  transfer.body.append(data, bytes);
  return bytes;
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->stop->stop_requested() ? 1 : 0;
}

absl::Status Failed(const std::string& backend, CURLcode code, const char* detail,
                    const Transfer& transfer, bool sent) {
  std::map<std::string, std::string> metadata = {{"backend", backend},
                                                 {std::string(kSentKey), sent ? "true" : "false"}};
  const std::string internal =
      absl::StrCat(curl_easy_strerror(code), detail[0] != '\0' ? ": " : "", detail);
  if (transfer.body_too_large) {
    return status::Error({.code = absl::StatusCode::kInternal,
                          .reason = Reason::kUpstreamMalformed,
                          .message = absl::StrCat("The answer of ", backend, " is larger than ",
                                                  transfer.body_bytes_max, " bytes."),
                          .metadata = std::move(metadata),
                          .internal = internal});
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return status::Error({.code = absl::StatusCode::kDeadlineExceeded,
                            .reason = Reason::kDeadlinePassed,
                            .message = absl::StrCat(backend, " did not answer in time."),
                            .metadata = std::move(metadata),
                            .internal = internal});
    case CURLE_ABORTED_BY_CALLBACK:
      return status::Error({.code = absl::StatusCode::kCancelled,
                            .reason = Reason::kCallCancelled,
                            .message = absl::StrCat("The call of ", backend, " was given up."),
                            .metadata = std::move(metadata),
                            .internal = internal});
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return status::Error({.code = absl::StatusCode::kInternal,
                            .reason = Reason::kUpstreamMalformed,
                            .message = absl::StrCat("What ", backend, " answered is not HTTP."),
                            .metadata = std::move(metadata),
                            .internal = internal});
    default:
      return status::Error({.code = absl::StatusCode::kUnavailable,
                            .reason = Reason::kBackendUnavailable,
                            .message = absl::StrCat(backend, " cannot be reached."),
                            .metadata = std::move(metadata),
                            .retry_after = absl::Seconds(1),
                            .internal = internal});
  }
}

std::string ContentType(CURL* handle) {
  const char* text = nullptr;
  curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &text);
  if (text == nullptr) return "";
  const std::vector<absl::string_view> parts = absl::StrSplit(absl::string_view(text), ';');
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts[0]));
}

}  // namespace

// Idle handles, each with its kept connection.
class Client::Pool {
 public:
  ~Pool() {
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
  }
  CURL* Take() {
    sync::MutexLock lock(mutex_);
    if (idle_.empty()) return curl_easy_init();
    CURL* handle = idle_.back();
    idle_.pop_back();
    return handle;
  }
  void Give(CURL* handle) {
    curl_easy_reset(handle);  // keeps the connection
    sync::MutexLock lock(mutex_);
    idle_.push_back(handle);
  }

 private:
  sync::Mutex mutex_;
  std::vector<CURL*> idle_ ABSL_GUARDED_BY(mutex_);
};

bool MayHaveBeenSent(const absl::Status& failure) {
  const auto metadata = status::DetailsOf(failure).metadata;
  const auto found = metadata.find(std::string(kSentKey));
  return found != metadata.end() && found->second == "true";
}

Client::Client(std::string base_url, std::string backend)
    : base_url_(std::move(base_url)), backend_(std::move(backend)) {
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(kInitialised);
  pool_ = std::make_unique<Pool>();
}

Client::~Client() = default;

absl::StatusOr<Response> Client::Send(const Request& request, const std::stop_token& stop) {
  Transfer transfer{.stop = &stop, .body_bytes_max = request.body_bytes_max};
  if (stop.stop_requested()) {
    return Failed(backend_, CURLE_ABORTED_BY_CALLBACK, "before the call", transfer, false);
  }
  const int64_t timeout_ms = absl::ToInt64Milliseconds(request.timeout);
  if (timeout_ms <= 0) {
    return Failed(backend_, CURLE_OPERATION_TIMEDOUT, "before the call", transfer, false);
  }
  CURL* handle = pool_->Take();
  char detail[CURL_ERROR_SIZE] = "";
  curl_slist* headers = curl_slist_append(nullptr, "Accept: application/json");
  const std::string url = absl::StrCat(base_url_, request.target);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(request.connect_timeout)));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");  // no round trip before the body
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);

  const CURLcode code = curl_easy_perform(handle);
  long http_status = 0;
  long request_bytes = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &http_status);
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &request_bytes);
  absl::StatusOr<Response> result =
      Response{static_cast<int>(http_status), ContentType(handle), std::move(transfer.body)};
  if (code != CURLE_OK || http_status == 0) {
    result = Failed(backend_, code == CURLE_OK ? CURLE_WEIRD_SERVER_REPLY : code, detail, transfer,
                    request_bytes > 0);
  }
  curl_slist_free_all(headers);
  pool_->Give(handle);
  return result;
}

std::string EncodeSegment(absl::string_view text) {
  static constexpr absl::string_view kHex = "0123456789ABCDEF";
  const bool is_step = text == "." || text == "..";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '_' || c == '~' || c == '-' || (c == '.' && !is_step)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace storefront::http
