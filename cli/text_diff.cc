// SPDX-License-Identifier: Apache-2.0
#include "cli/text_diff.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace storefront::cli {
namespace {

constexpr size_t kContextLines = 3;
constexpr size_t kLinesMax = 2000;

struct Line {
  char mark;  // ' ', '-' or '+'
  absl::string_view text;
};

std::vector<absl::string_view> LinesOf(absl::string_view text) {
  if (text.empty()) return {};
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// Both texts as one list: what is common, removed, added. Longest common subsequence.
std::vector<Line> Aligned(const std::vector<absl::string_view>& before,
                          const std::vector<absl::string_view>& after) {
  std::vector<Line> out;
  size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  for (size_t i = 0; i < head; ++i) out.push_back({' ', before[i]});
  const size_t rows = before.size() - head - tail, columns = after.size() - head - tail;
  const bool too_long = rows > kLinesMax || columns > kLinesMax;
  // length[i][j]: of the longest common subsequence of what follows before[i] and after[j].
  std::vector<std::vector<uint16_t>> length;
  if (!too_long) length.assign(rows + 1, std::vector<uint16_t>(columns + 1, 0));
  for (size_t i = too_long ? 0 : rows; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      length[i][j] = before[head + i] == after[head + j]
                         ? static_cast<uint16_t>(length[i + 1][j + 1] + 1)
                         : std::max(length[i + 1][j], length[i][j + 1]);
    }
  }
  size_t i = 0, j = 0;
  while (i < rows || j < columns) {
    if (!too_long && i < rows && j < columns && before[head + i] == after[head + j]) {
      out.push_back({' ', before[head + i]});
      ++i, ++j;
    } else if (i < rows && (too_long || j == columns || length[i + 1][j] >= length[i][j + 1])) {
      out.push_back({'-', before[head + i++]});
    } else {
      out.push_back({'+', after[head + j++]});
    }
  }
  for (size_t k = before.size() - tail; k < before.size(); ++k) out.push_back({' ', before[k]});
  return out;
}

std::string Range(size_t begin, size_t count) {
  // An empty side names the line before it, as diff does.
  return absl::StrCat(count == 0 ? begin : begin + 1, count == 1 ? "" : absl::StrCat(",", count));
}

}  // namespace

std::string UnifiedDiff(absl::string_view before, absl::string_view after) {
  const std::vector<Line> lines = Aligned(LinesOf(before), LinesOf(after));
  std::string out;
  size_t old_line = 0, new_line = 0;  // before lines[done]
  size_t done = 0;
  while (true) {
    size_t first = done;
    while (first < lines.size() && lines[first].mark == ' ') ++first;
    if (first == lines.size()) return out;
    const size_t begin = std::max(done, first - std::min(first, kContextLines));
    // Changes with no more than two contexts between them share a hunk.
    size_t last = first;
    for (size_t i = first; i < lines.size() && i - last <= 2 * kContextLines + 1; ++i) {
      if (lines[i].mark != ' ') last = i;
    }
    const size_t end = std::min(lines.size(), last + 1 + kContextLines);
    old_line += begin - done;
    new_line += begin - done;
    size_t removed = 0, added = 0;
    std::string body;
    for (size_t i = begin; i < end; ++i) {
      removed += lines[i].mark != '+' ? 1 : 0;
      added += lines[i].mark != '-' ? 1 : 0;
      absl::StrAppend(&body, std::string(1, lines[i].mark), lines[i].text, "\n");
    }
    absl::StrAppend(&out, "@@ -", Range(old_line, removed), " +", Range(new_line, added), " @@\n",
                    body);
    old_line += removed;
    new_line += added;
    done = end;
  }
}

}  // namespace storefront::cli
