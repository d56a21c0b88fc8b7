// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/strict_json.h"

#include <cstdint>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/connector-manager/dotenv.h"

namespace storefront::connectors {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class JsonReader {
 public:
  JsonReader(absl::string_view text, int depth_max) : text_(text), depth_max_(depth_max) {}

  JsonReading Run() && {
    JsonReading reading;
    if (absl::StartsWith(text_, "\xEF\xBB\xBF")) {
      Fail("a byte order mark; save the file as UTF-8 without it");
    } else if (!IsValidUtf8(text_)) {
      Fail("bytes that are not UTF-8");
    } else if (Value(reading.root, 0)) {
      SkipBlanks();
      if (at_ < text_.size()) Fail("text after the end of the JSON value");
    }
    reading.faults = std::move(faults_);
    return reading;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Step() {
    if (text_[at_] == '\n') {
      ++position_.line;
      position_.column = 0;
    }
    ++position_.column;
    ++at_;
  }
  bool Fail(std::string message) { return FailAt(position_, std::move(message)); }
  bool FailAt(JsonPosition where, std::string message) {
    if (faults_.empty()) faults_.push_back({where, std::move(message)});
    return false;
  }
  void SkipBlanks() {
    while (at_ < text_.size() &&
           (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r')) {
      Step();
    }
  }

  bool Value(JsonNode& node, int depth) {
    SkipBlanks();
    node.position = position_;
    switch (Peek()) {
      case '{':
        return depth < depth_max_ ? Object(node, depth) : TooDeep();
      case '[':
        return depth < depth_max_ ? Array(node, depth) : TooDeep();
      case '"':
        return String(node);
      case '/':
        return Fail("a comment; JSON has none");
      default:
        return Scalar(node);
    }
  }
  bool TooDeep() { return Fail(absl::StrCat("nested deeper than ", depth_max_)); }

  bool Object(JsonNode& node, int depth) {
    node.kind = JsonNode::Kind::kObject;
    std::set<std::string> seen;
    Step();
    SkipBlanks();
    if (Peek() == '}') return Step(), true;
    for (;;) {
      SkipBlanks();
      JsonNode key;
      key.position = position_;
      if (Peek() == '/') return Fail("a comment; JSON has none");
      if (Peek() != '"') return Fail("a key in double quotes was expected");
      if (!String(key)) return false;
      if (!seen.insert(key.text).second) {
        return FailAt(key.position, absl::StrCat("the key \"", key.text, "\" stands here twice"));
      }
      SkipBlanks();
      if (Peek() != ':') return Fail("`:` was expected after the key");
      Step();
      JsonNode value;
      if (!Value(value, depth + 1)) return false;
      node.members.emplace_back(std::move(key), std::move(value));
      SkipBlanks();
      if (Peek() == '}') return Step(), true;
      if (Peek() != ',') return Fail("`,` or `}` was expected");
      Step();
    }
  }

  bool Array(JsonNode& node, int depth) {
    node.kind = JsonNode::Kind::kArray;
    Step();
    SkipBlanks();
    if (Peek() == ']') return Step(), true;
    for (;;) {
      JsonNode item;
      if (!Value(item, depth + 1)) return false;
      node.items.push_back(std::move(item));
      SkipBlanks();
      if (Peek() == ']') return Step(), true;
      if (Peek() != ',') return Fail("`,` or `]` was expected");
      Step();
    }
  }

  bool Scalar(JsonNode& node) {
    const size_t begin = at_;
    const JsonPosition where = position_;
    while (at_ < text_.size() && !absl::StrContains(" \t\r\n,:]}", Peek())) Step();
    const absl::string_view token = text_.substr(begin, at_ - begin);
    node.text = std::string(token);
    if (token == "null") {
      node.kind = JsonNode::Kind::kNull;
    } else if (token == "true" || token == "false") {
      node.kind = JsonNode::Kind::kBoolean;
    } else if (IsNumber(token)) {
      node.kind = JsonNode::Kind::kNumber;
    } else {
      return FailAt(where, token.empty() ? "a value was expected"
                                         : "not a JSON value (a string needs double quotes)");
    }
    return true;
  }

  static bool IsNumber(absl::string_view token) {
    size_t i = 0;
    const auto digits = [&] {
      const size_t begin = i;
      while (i < token.size() && IsDigit(token[i])) ++i;
      return i > begin;
    };
    if (i < token.size() && token[i] == '-') ++i;
    const size_t whole = i;
    if (!digits() || (token[whole] == '0' && i > whole + 1)) return false;
    if (i < token.size() && token[i] == '.') {
      ++i;
      if (!digits()) return false;
    }
    if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
      ++i;
      if (i < token.size() && (token[i] == '+' || token[i] == '-')) ++i;
      if (!digits()) return false;
    }
    return i == token.size();
  }

  bool String(JsonNode& node) {
    node.kind = JsonNode::Kind::kString;
    Step();
    for (;;) {
      if (at_ >= text_.size()) return FailAt(node.position, "a string without closing quote");
      const JsonPosition where = position_;
      const char c = Peek();
      if (c == '"') return Step(), true;
      if (static_cast<unsigned char>(c) < 0x20) {
        return Fail("a control character in a string; write it as an escape");
      }
      if (c != '\\') {
        Put(node, where, absl::string_view(&c, 1));
        Step();
        continue;
      }
      Step();
      if (!Escape(node, where)) return false;
    }
  }

  bool Escape(JsonNode& node, JsonPosition where) {
    static constexpr absl::string_view kNames = "\"\\/bfnrt";
    static constexpr absl::string_view kValues = "\"\\/\b\f\n\r\t";
    const char name = Peek();
    if (name == 'u') {
      uint32_t code = 0;
      if (!Unit(code)) return false;
      if (code >= 0xDC00 && code <= 0xDFFF) return FailAt(where, "half of a surrogate pair");
      if (code >= 0xD800 && code <= 0xDBFF) {
        uint32_t low = 0;
        if (Peek() != '\\') return FailAt(where, "half of a surrogate pair");
        Step();
        if (Peek() != 'u' || !Unit(low) || low < 0xDC00 || low > 0xDFFF) {
          return FailAt(where, "half of a surrogate pair");
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      }
      if (code == 0) return FailAt(where, "a NUL in a string");
      Put(node, where, Utf8(code));
      return true;
    }
    const size_t found = at_ < text_.size() ? kNames.find(name) : absl::string_view::npos;
    if (found == absl::string_view::npos) return FailAt(where, "an escape that JSON does not have");
    Put(node, where, kValues.substr(found, 1));
    Step();
    return true;
  }

  // The `uXXXX` of an escape.
  bool Unit(uint32_t& code) {
    Step();
    for (int i = 0; i < 4; ++i) {
      const int digit = at_ < text_.size() ? HexValue(Peek()) : -1;
      if (digit < 0) return Fail("four hexadecimal digits were expected");
      code = code * 16 + static_cast<uint32_t>(digit);
      Step();
    }
    return true;
  }

  static std::string Utf8(uint32_t code) {
    std::string out;
    const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6)), put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | (code >> 12)), put(0x80 | ((code >> 6) & 0x3F)), put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | (code >> 18)), put(0x80 | ((code >> 12) & 0x3F));
      put(0x80 | ((code >> 6) & 0x3F)), put(0x80 | (code & 0x3F));
    }
    return out;
  }

  static void Put(JsonNode& node, JsonPosition where, absl::string_view bytes) {
    node.text.append(bytes.data(), bytes.size());
    node.text_positions.resize(node.text.size(), where);
  }

  absl::string_view text_;
  int depth_max_;
  size_t at_ = 0;
  JsonPosition position_;
  std::vector<JsonFault> faults_;
};

}  // namespace

JsonReading ReadStrictJson(absl::string_view text, int depth_max) {
  return JsonReader(text, depth_max).Run();
}

}  // namespace storefront::connectors
