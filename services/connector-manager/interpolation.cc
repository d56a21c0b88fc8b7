// SPDX-License-Identifier: Apache-2.0
#include "services/connector-manager/interpolation.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace storefront::connectors {
namespace {

constexpr int kDepthMax = 16;

bool IsNameStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsNamePart(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Recursive descent over the text. `live` is false inside a word that is not used: its syntax is
// still checked, nothing is looked up and nothing is written.
class Interpolator {
 public:
  Interpolator(absl::string_view text, Dialect dialect, const VariableLookup& lookup)
      : text_(text), dialect_(dialect), lookup_(lookup) {}

  Interpolated Run() && {
    Text(/*in_braces=*/false, /*live=*/true, 0);
    return std::move(result_);
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void Write(absl::string_view part, bool live) {
    if (live) absl::StrAppend(&result_.text, part);
  }
  void Fail(size_t offset, absl::string_view rule, std::string message,
            absl::string_view variable = {}) {
    result_.errors.push_back(
        {offset, std::string(rule), std::move(message), std::string(variable)});
  }
  void FailSyntax(size_t offset, std::string message) {
    if (!broken_) Fail(offset, "INTERPOLATION_SYNTAX", std::move(message));
    broken_ = true;
    at_ = text_.size();  // what follows cannot be understood
  }

  // Up to the end, or to the `}` that closes the enclosing expression (not consumed).
  void Text(bool in_braces, bool live, int depth) {
    while (!AtEnd()) {
      const char c = Peek();
      if (in_braces && c == '}') return;
      if (c != '$') {
        Write(text_.substr(at_, 1), live);
        ++at_;
      } else if (Peek(1) == '$') {
        Write("$", live);
        at_ += 2;
      } else if (Peek(1) == '{') {
        Braced(live, depth);
      } else if (dialect_ == Dialect::kDotenv && IsNameStart(Peek(1))) {
        const size_t begin = at_++;
        Insert(begin, TakeName(), live);
      } else {
        Write("$", live);
        ++at_;
      }
    }
  }

  absl::string_view TakeName() {
    const size_t begin = at_;
    if (!AtEnd() && IsNameStart(Peek())) {
      while (!AtEnd() && IsNamePart(Peek())) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  void Mention(absl::string_view name) { result_.variables.emplace(name); }

  // The plain `${N}` or `$N`.
  void Insert(size_t begin, absl::string_view name, bool live) {
    Mention(name);
    if (!live) return;
    const std::optional<std::string> value = lookup_(name);
    if (value) {
      Write(*value, live);
      return;
    }
    if (dialect_ == Dialect::kDotenv) {
      result_.warnings.push_back(
          {begin, "VARIABLE_UNSET",
           absl::StrCat("variable ", name, " is not set; it is taken as empty"),
           std::string(name)});
    } else {
      Fail(begin, "VARIABLE_UNSET",
           absl::StrCat("variable ", name, " is not set; set it, or write ${", name, ":-default}"),
           name);
    }
  }

  bool Close(size_t begin) {
    if (AtEnd()) {
      FailSyntax(begin, "`${` without closing `}`");
      return false;
    }
    ++at_;
    return true;
  }

  void Braced(bool live, int depth) {
    const size_t begin = at_;
    at_ += 2;
    if (depth >= kDepthMax) {
      FailSyntax(begin, absl::StrCat("`${` is nested deeper than ", kDepthMax));
      return;
    }
    const absl::string_view name = TakeName();
    if (name.empty()) {
      FailSyntax(begin, AtEnd() ? "`${` without closing `}`"
                                : "a variable name must follow `${`: letters, digits and _");
      return;
    }
    if (Peek() == '}') {
      ++at_;
      Insert(begin, name, live);
      return;
    }
    const bool colon = Peek() == ':';
    const char op = colon ? Peek(1) : Peek();
    if (op == '-' || op == '?' || op == '+') {
      at_ += colon ? 2 : 1;
      Operator(begin, name, colon, op, live, depth);
      return;
    }
    if (colon && dialect_ == Dialect::kTemplate) {
      Reference(begin, live, depth);
      return;
    }
    if (AtEnd()) {
      FailSyntax(begin, "`${` without closing `}`");
    } else {
      FailSyntax(begin,
                 absl::StrCat("after ${", name, " only `}` or one of :- - :? ? :+ + may follow"));
    }
  }

  void Operator(size_t begin, absl::string_view name, bool colon, char op, bool live, int depth) {
    Mention(name);
    std::optional<std::string> value;
    if (live) value = lookup_(name);
    const bool present = value && !(colon && value->empty());
    if (op == '?') {
      // The message is rendered aside: it must not reach the output.
      std::string kept = std::exchange(result_.text, {});
      Text(/*in_braces=*/true, live && !present, depth + 1);
      const std::string message = std::exchange(result_.text, std::move(kept));
      if (!Close(begin)) return;
      if (present) {
        Write(*value, live);
      } else if (live) {
        Fail(begin, "VARIABLE_REQUIRED",
             absl::StrCat("required variable ", name, " is missing a value",
                          message.empty() ? "" : ": ", message),
             name);
      }
      return;
    }
    const bool use_word = op == '-' ? !present : present;
    if (op == '-' && present) Write(*value, live);
    Text(/*in_braces=*/true, live && use_word, depth + 1);
    Close(begin);
  }

  // `${provider:…}`: written out again, with the variables inside rendered.
  void Reference(size_t begin, bool live, int depth) {
    const size_t out_begin = result_.text.size();
    Write(text_.substr(begin, at_ - begin), live);
    while (!AtEnd() && Peek() != '}') {
      if (Peek() == '$' && Peek(1) == '{') {
        const size_t inner = at_;
        const size_t value_begin = result_.text.size();
        Braced(live, depth + 1);
        if (live && result_.text.find('}', value_begin) != std::string::npos) {
          Fail(inner, "REFERENCE_VALUE",
               "a value inside a provider reference contains `}`: it would end the reference");
        }
      } else {
        Write(text_.substr(at_, 1), live);
        ++at_;
      }
    }
    if (!Close(begin)) return;
    Write("}", live);
    if (live) result_.references.push_back({out_begin, result_.text.size()});
  }

  absl::string_view text_;
  Dialect dialect_;
  const VariableLookup& lookup_;
  size_t at_ = 0;
  bool broken_ = false;
  Interpolated result_;
};

}  // namespace

Interpolated Interpolate(absl::string_view text, Dialect dialect, const VariableLookup& lookup) {
  return Interpolator(text, dialect, lookup).Run();
}

}  // namespace storefront::connectors
