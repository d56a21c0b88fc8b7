// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/dotenv.h"

#include <re2/re2.h>

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/connector-manager/interpolation.h"

namespace storefront::connectors {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Length of the blank at the start of `text`: tab, VT, FF, CR, space, U+0085, U+00A0; 0 = none.
size_t BlankLength(absl::string_view text) {
  if (text.empty()) return 0;
  switch (text[0]) {
    case '\t':
    case '\v':
    case '\f':
    case '\r':
    case ' ':
      return 1;
    default:
      return absl::StartsWith(text, "\xC2\x85") || absl::StartsWith(text, "\xC2\xA0") ? 2 : 0;
  }
}

absl::string_view TrimRightBlanks(absl::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 2 && BlankLength(text.substr(text.size() - 2)) == 2) {
      text.remove_suffix(2);
    } else if (BlankLength(text.substr(text.size() - 1)) == 1) {
      text.remove_suffix(1);
    } else {
      break;
    }
  }
  return text;
}

size_t CodePointLength(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

void AppendCodePoint(unsigned value, std::string& out) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else {
    out.push_back(static_cast<char>(0xC0 | (value >> 6)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  }
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// The escapes of a double-quoted value. `\$` becomes `$$`, which interpolation makes `$`.
std::string Unescape(absl::string_view text) {
  static constexpr absl::string_view kNames = "abfnrtv\\";
  static constexpr absl::string_view kValues = "\a\b\f\n\r\t\v\\";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const char next = text[i + 1];
    if (const size_t name = kNames.find(next); name != absl::string_view::npos) {
      out.push_back(kValues[name]);
      ++i;
    } else if (next == '$') {
      out.append("$$");
      ++i;
    } else if (next == '0' && i + 4 < text.size() && text[i + 2] <= '3' && IsOctal(text[i + 2]) &&
               IsOctal(text[i + 3]) && IsOctal(text[i + 4])) {
      AppendCodePoint(static_cast<unsigned>((text[i + 2] - '0') * 64 + (text[i + 3] - '0') * 8 +
                                            (text[i + 4] - '0')),
                      out);
      i += 4;
    } else {
      out.push_back('\\');
    }
  }
  return out;
}

class DotenvParser {
 public:
  DotenvParser(absl::string_view file, absl::string_view content, Variables& variables,
               std::vector<Finding>& findings)
      : file_(file), rest_(content), variables_(variables), findings_(findings) {}

  void Run() {
    if (rest_.size() > kDotenvBytesMax) {
      Fail("LIMIT", absl::StrCat("the file is larger than ", kDotenvBytesMax, " bytes"));
      return;
    }
    if (absl::StartsWith(rest_, kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    if (!CheckBytes()) return;
    while (SkipToStatement()) {
      if (!Statement()) return;
    }
  }

 private:
  void Report(Severity severity, absl::string_view rule, int line, std::string message,
              absl::string_view variable = {}) {
    findings_.push_back({.severity = severity,
                         .rule = std::string(rule),
                         .message = std::move(message),
                         .source = std::string(file_),
                         .line = line,
                         .variable = std::string(variable)});
  }
  void Fail(absl::string_view rule, absl::string_view message, absl::string_view variable = {}) {
    Report(Severity::kError, rule, line_, absl::StrCat("line ", line_, ": ", message), variable);
  }

  bool CheckBytes() {
    int line = 1;
    for (absl::string_view text = rest_; !text.empty(); ++line) {
      const size_t end = std::min(text.find('\n'), text.size());
      const absl::string_view one = text.substr(0, end);
      line_ = line;
      if (one.find('\0') != absl::string_view::npos) {
        Fail("DOTENV_SYNTAX", "a NUL byte");
        return false;
      }
      if (!IsValidUtf8(one)) {
        Fail("DOTENV_SYNTAX", "bytes that are not UTF-8");
        return false;
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    line_ = 1;
    return true;
  }

  void SkipBlanks() {
    while (const size_t blank = BlankLength(rest_)) rest_.remove_prefix(blank);
  }
  void SkipLine() {
    const size_t end = rest_.find('\n');
    rest_.remove_prefix(end == absl::string_view::npos ? rest_.size() : end);
  }

  // Skips blank lines and comments; false at the end of the file.
  bool SkipToStatement() {
    for (;;) {
      SkipBlanks();
      if (rest_.empty()) return false;
      if (rest_[0] == '\n') {
        ++line_;
        rest_.remove_prefix(1);
      } else if (rest_[0] == '#') {
        SkipLine();
      } else {
        return true;
      }
    }
  }

  bool Statement() {
    if (absl::StartsWith(rest_, "export") && BlankLength(rest_.substr(6)) > 0) {
      rest_.remove_prefix(6);
      SkipBlanks();
    }
    const int line = line_;
    std::string key;
    bool has_value = false;
    if (!Key(key, has_value)) return false;
    if (!has_value) {
      const auto inherited = variables_.environment.find(key);
      return inherited == variables_.environment.end() || Store(line, key, inherited->second);
    }
    SkipBlanks();
    return !rest_.empty() && (rest_[0] == '\'' || rest_[0] == '"') ? Quoted(line, key)
                                                                   : Unquoted(line, key);
  }

  bool Key(std::string& key, bool& has_value) {
    static const re2::RE2* const kKeyCharacter = new re2::RE2(R"([\p{L}\p{N}_.\-\[\]])");
    size_t at = 0;
    for (; at < rest_.size() && rest_[at] != '\n';) {
      const absl::string_view tail = rest_.substr(at);
      if (tail[0] == '=' || tail[0] == ':') {
        has_value = true;
        break;
      }
      if (const size_t blank = BlankLength(tail)) {
        at += blank;
        continue;
      }
      const absl::string_view one = tail.substr(0, CodePointLength(tail));
      // The text of the line is not shown: it may be the lost half of a secret.
      if (!re2::RE2::FullMatch(re2::StringPiece(one.data(), one.size()), *kKeyCharacter)) {
        Fail("DOTENV_SYNTAX",
             absl::StrCat("unexpected character \"", one, "\" in a variable name"));
        return false;
      }
      at += one.size();
    }
    key = std::string(TrimRightBlanks(rest_.substr(0, at)));
    rest_.remove_prefix(at + (has_value ? 1 : 0));
    if (key.empty()) {
      Fail("DOTENV_SYNTAX", "a variable name is missing before the separator");
      return false;
    }
    for (absl::string_view text = key; !text.empty(); text.remove_prefix(CodePointLength(text))) {
      if (BlankLength(text) > 0) {
        Fail("DOTENV_SYNTAX", "a variable name contains a blank");
        return false;
      }
    }
    return true;
  }

  bool Unquoted(int line, const std::string& key) {
    absl::string_view value = rest_.substr(0, std::min(rest_.find('\n'), rest_.size()));
    SkipLine();
    if (const size_t comment = value.find(" #"); comment != absl::string_view::npos) {
      value = value.substr(0, comment);
    }
    return Expand(line, key, TrimRightBlanks(value));
  }

  bool Quoted(int line, const std::string& key) {
    const char quote = rest_[0];
    std::string raw;
    size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      if (rest_[at] == '\n') ++line_;
      if (rest_[at] != '\\' || at + 1 == rest_.size()) {
        raw.push_back(rest_[at]);
        continue;
      }
      const char next = rest_[++at];  // a backslash never stands alone: its pair is kept together
      if (next == '\n') ++line_;
      if (next != quote) raw.push_back('\\');
      raw.push_back(next);
    }
    if (at >= rest_.size()) {
      line_ = line;
      Fail("DOTENV_SYNTAX", "unterminated quoted value", key);
      return false;
    }
    rest_.remove_prefix(at + 1);
    SkipBlanks();
    if (!rest_.empty() && rest_[0] == '#') SkipLine();
    if (!rest_.empty() && rest_[0] != '\n') {
      Fail("DOTENV_SYNTAX", "only blanks or a comment may follow the closing quote", key);
      return false;
    }
    return quote == '"' ? Expand(line, key, Unescape(raw)) : Store(line, key, raw);
  }

  bool Expand(int line, const std::string& key, absl::string_view value) {
    const Interpolated expanded = Interpolate(
        value, Dialect::kDotenv, [this](absl::string_view name) { return variables_.Find(name); });
    for (const auto& warning : expanded.warnings) {
      Report(Severity::kWarning, warning.rule, line,
             absl::StrCat("line ", line, ": ", warning.message), warning.variable);
    }
    for (const auto& error : expanded.errors) {
      Report(Severity::kError, error.rule, line, absl::StrCat("line ", line, ": ", error.message),
             error.variable.empty() ? key : error.variable);
    }
    return !expanded.errors.empty() || Store(line, key, expanded.text);
  }

  bool Store(int line, const std::string& key, const std::string& value) {
    if (value.size() > kDotenvValueBytesMax) {
      Report(Severity::kError, "LIMIT", line,
             absl::StrCat("line ", line, ": the value of ", key, " is larger than ",
                          kDotenvValueBytesMax, " bytes"),
             key);
      return true;
    }
    if (value.find('\0') != std::string::npos) {
      Report(Severity::kError, "DOTENV_SYNTAX", line,
             absl::StrCat("line ", line, ": the value of ", key, " contains a NUL"), key);
      return true;
    }
    variables_.file_values[key] = value;
    if (variables_.file_values.size() > kDotenvNamesMax) {
      Fail("LIMIT", absl::StrCat("more than ", kDotenvNamesMax, " names"));
      return false;
    }
    return true;
  }

  absl::string_view file_;
  absl::string_view rest_;
  Variables& variables_;
  std::vector<Finding>& findings_;
  int line_ = 1;
};

}  // namespace

bool IsValidUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return false;
    uint32_t value = first & (0xFFu >> (length + 1));
    for (size_t j = 1; j < length; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if ((next & 0xC0) != 0x80) return false;
      value = (value << 6) | (next & 0x3Fu);
    }
    const uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

std::optional<std::string> Variables::Find(absl::string_view name) const {
  for (const Environment* source : {&environment, &file_values}) {
    if (const auto found = source->find(std::string(name)); found != source->end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

DotenvResult ReadDotenv(const std::vector<DotenvFile>& files, Environment environment) {
  DotenvResult result;
  result.variables.environment = std::move(environment);
  for (const DotenvFile& file : files) {
    if (!file.content) {
      result.findings.push_back({.severity = Severity::kError,
                                 .rule = "DOTENV_MISSING",
                                 .message = absl::StrCat("file ", file.name, " is missing"),
                                 .source = file.name});
      continue;
    }
    DotenvParser(file.name, *file.content, result.variables, result.findings).Run();
  }
  return result;
}

}  // namespace storefront::connectors
