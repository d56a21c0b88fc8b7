// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/prepared_script.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/error.h"
#include "libs/status/macros.h"
#include "services/migrator/script_checksum.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

using status::Reason;
using Kind = StatementFacts::Kind;

absl::Status ScriptError(Reason reason, const Script& script, const TextPosition& at,
                         absl::string_view message) {
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason,
       .message = absl::StrCat(script.file.path, ":", at.line, ":", at.column, ": ", message),
       .metadata = {{"file", script.file.path},
                    {"line", absl::StrCat(at.line)},
                    {"column", absl::StrCat(at.column)}}});
}

// Why this statement may not run here; empty when it may.
absl::string_view Refusal(const PreparedScript& script, const PreparedStatement& statement) {
  switch (statement.facts.kind) {
    case Kind::kPrepareTransaction:
      return "PREPARE TRANSACTION would hide the changes and keep their locks";
    case Kind::kDiscardAll:
      return "DISCARD ALL would release the history lock";
    case Kind::kCopyOut:
      return "COPY TO STDOUT has nowhere to go";
    case Kind::kCopyIn:
      if (statement.facts.binary_copy) return "binary COPY data cannot stand in a script";
      if (!statement.place.copies_data) return "COPY FROM STDIN has no data here";
      break;
    case Kind::kPlain:
    case Kind::kTransactionControl:
      break;
  }
  const absl::string_view text = script.Text(statement);
  if (text.size() < 1 << 20 &&
      absl::StrContains(absl::AsciiStrToLower(text), "pg_advisory_unlock_all")) {
    return "pg_advisory_unlock_all would release the history lock";
  }
  return "";
}

}  // namespace

TextPosition PreparedScript::PositionIn(const PreparedStatement& statement, int character) const {
  size_t offset = statement.place.offset;
  if (character > 0) {
    offset += OffsetOfCharacter(Text(statement), static_cast<size_t>(character - 1));
  }
  return PositionOf(*raw, replaced.OriginalOffset(offset));
}

absl::StatusOr<bool> DecideTransactional(const std::vector<PreparedStatement>& statements,
                                         const ScriptConfig& config, bool allow_mixed) {
  const PreparedStatement* controls = nullptr;
  const PreparedStatement* refuses = nullptr;
  const PreparedStatement* needs = nullptr;
  for (const PreparedStatement& statement : statements) {
    const bool is_control = statement.facts.kind == Kind::kTransactionControl;
    const PreparedStatement*& first =
        is_control ? controls : (statement.facts.transactional ? needs : refuses);
    if (first == nullptr) first = &statement;
  }
  if (config.execute_in_transaction == false) return false;
  if (config.execute_in_transaction == true) {
    const PreparedStatement* against = refuses != nullptr ? refuses : controls;
    if (against == nullptr) return true;
    return status::Error(
        {.code = absl::StatusCode::kFailedPrecondition,
         .reason = Reason::kInvalidScriptConfig,
         .message = absl::StrCat("its configuration says executeInTransaction=true, but ",
                                 against->facts.command, " (line ", against->line,
                                 ") cannot run in the script's transaction. Take the key out, or "
                                 "split the script."),
         .metadata = {{"line", absl::StrCat(against->line)}}});
  }
  if (controls != nullptr) return false;
  if (refuses == nullptr) return true;
  if (needs == nullptr || allow_mixed) return false;
  return status::Error(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = Reason::kMixedScript,
       .message = absl::StrCat(refuses->facts.command, " (line ", refuses->line,
                               ") cannot run in a transaction, ", needs->facts.command, " (line ",
                               needs->line, ") should. Split the script into two files."),
       .metadata = {{"line", absl::StrCat(refuses->line)}}});
}

absl::StatusOr<PreparedScript> PrepareScript(const Script& script, const SourceText& text,
                                             const Placeholders& placeholders,
                                             const std::map<std::string, std::string>& built_in,
                                             StatementParser& parser, size_t max_statements,
                                             bool allow_mixed) {
  PreparedScript prepared{.script = script, .raw = text.text};
  if (script.config.replace_placeholders) {
    auto replaced = placeholders.Replace(text.text, built_in);
    if (!replaced.ok()) return status::Prefix(script.file.path, replaced.status());
    prepared.replaced = *std::move(replaced);
  } else {
    prepared.replaced = ReplacedText(text.text, {});
  }
  prepared.script.checksum = script.name.kind == ScriptKind::kRepeatable
                                 ? ScriptChecksum(prepared.replaced.script_text())
                                 : text.checksum;

  auto split = SplitScript(prepared.replaced.script_text(), max_statements);
  if (!split.ok()) {
    const status::ErrorSpec details = status::DetailsOf(split.status());
    if (details.reason != Reason::kInvalidScript) {
      return status::Prefix(script.file.path, split.status());
    }
    size_t offset = 0;
    if (!absl::SimpleAtoi(details.metadata.at("offset"), &offset)) offset = 0;
    return ScriptError(Reason::kInvalidScript, script,
                       PositionOf(*text.text, prepared.replaced.OriginalOffset(offset)),
                       split.status().message());
  }
  prepared.statements.reserve(split->size());
  size_t counted = 0;  // lines are counted onward from the statement before
  int line = 1;
  size_t released = 0;
  for (const SplitStatement& place : *split) {
    PreparedStatement statement{.place = place};
    const size_t original = prepared.replaced.OriginalOffset(place.offset);
    line += CountLineEnds(*text.text, counted, original);
    counted = original;
    statement.line = line;
    statement.facts = parser.Parse(prepared.Text(statement));
    if (const absl::string_view refusal = Refusal(prepared, statement); !refusal.empty()) {
      return ScriptError(Reason::kInvalidScript, script, prepared.PositionIn(statement, 0),
                         refusal);
    }
    prepared.copies_data = prepared.copies_data || place.copies_data;
    prepared.statements.push_back(std::move(statement));
    if (place.offset - released >= ScriptText::kPieceBytes) {
      prepared.replaced.script_text().Release(released, place.offset);
      released = place.offset;
    }
  }
  auto transactional = DecideTransactional(prepared.statements, script.config, allow_mixed);
  if (!transactional.ok()) return status::Prefix(script.file.path, transactional.status());
  prepared.transactional = *transactional;
  return prepared;
}

}  // namespace storefront::migrator
