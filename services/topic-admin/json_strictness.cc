// SPDX-License-Identifier: Apache-2.0
#include "services/topic-admin/json_strictness.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storefront::topics {
namespace {

// Reads characters and tells an observer how far it is: the reader copies its iterators.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* count_;
};

class Strict final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Strict(absl::string_view text, const size_t& read) : text_(text), read_(read) {}

  std::vector<PolicyProblem> problems;

  bool null() override { return Add(read_ - 4, "null is not allowed; leave the member out"); }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override {
    members_.emplace_back();
    return Deeper();
  }
  bool key(string_t& name) override {
    if (members_.back().insert(name).second) return true;
    return Add(StartOfString(), absl::StrCat("`", name, "` is there twice"));
  }
  bool end_object() override {
    members_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(size_t) override { return Deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …"
    const std::string text = error.what();
    const size_t cause = text.find("syntax error");
    Add(position == 0 ? 0 : position - 1,
        cause == std::string::npos ? "is not JSON" : text.substr(cause));
    return false;
  }

 private:
  bool Add(size_t offset, std::string description) {
    const absl::string_view before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t newline = before.rfind('\n');
    const size_t column =
        newline == absl::string_view::npos ? before.size() + 1 : before.size() - newline;
    problems.push_back({absl::StrCat(line, ":", column), std::move(description)});
    constexpr size_t kEnough = 100;
    return problems.size() < kEnough;
  }

  bool Deeper() {
    if (++depth_ <= kMaxJsonDepth) return true;
    Add(read_ - 1, absl::StrCat("nested deeper than ", kMaxJsonDepth));
    return false;
  }

  // Offset of the opening quote of the string that was just read.
  size_t StartOfString() const {
    size_t at = read_ - 1;  // the closing quote
    while (at > 0) {
      --at;
      if (text_[at] != '"') continue;
      size_t backslashes = 0;
      while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) return at;
    }
    return 0;
  }

  const absl::string_view text_;
  const size_t& read_;
  std::vector<std::set<std::string>> members_;
  int depth_ = 0;
};

}  // namespace

std::vector<PolicyProblem> CheckStrictJson(absl::string_view text) {
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return {{"1:1", "begins with a byte order mark; save it as UTF-8 without one"}};
  }
  size_t read = 0;
  Strict strict(text, read);
  nlohmann::json::sax_parse(CountingIterator(text.data(), &read),
                            CountingIterator(text.data() + text.size(), &read), &strict);
  return std::move(strict.problems);
}

}  // namespace storefront::topics
