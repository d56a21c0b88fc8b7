// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/pgquery_statement_parser.h"

#include <pg_query.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "services/migrator/pgquery_statement_facts.h"

namespace storefront::migrator {
namespace {

using nlohmann::json;

constexpr size_t kParsedBytesMax = size_t{128} << 10;

struct ParseResult {
  explicit ParseResult(const char* text) : raw(pg_query_parse(text)) {}
  ~ParseResult() { pg_query_free_parse_result(raw); }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;
  PgQueryParseResult raw;
};

// Zero values are left out of the tree.
bool Flag(const json& node, const char* name) { return node.value(name, false); }
std::string Text(const json& node, const char* name) { return node.value(name, std::string()); }

bool HasOption(const json& node, const char* list, absl::string_view option) {
  if (!node.contains(list)) return false;
  for (const json& item : node[list]) {
    if (item.contains("DefElem") && Text(item["DefElem"], "defname") == std::string(option)) {
      return true;
    }
  }
  return false;
}

bool DetachesConcurrently(const json& node) {
  if (!node.contains("cmds")) return false;
  for (const json& item : node["cmds"]) {
    const json command = item.value("AlterTableCmd", json::object());
    if (Text(command, "subtype") != "AT_DetachPartition") continue;
    const json partition =
        command.value("def", json::object()).value("PartitionCmd", json::object());
    if (Flag(partition, "concurrent")) return true;
  }
  return false;
}

bool RefusesTransaction(const std::string& type, const json& node) {
  if (type == "CreatedbStmt" || type == "DropdbStmt" || type == "CreateTableSpaceStmt" ||
      type == "DropTableSpaceStmt" || type == "CreateSubscriptionStmt" ||
      type == "DropSubscriptionStmt" || type == "AlterSystemStmt") {
    return true;
  }
  if (type == "IndexStmt" || type == "DropStmt") return Flag(node, "concurrent");
  if (type == "VacuumStmt") return Flag(node, "is_vacuumcmd");
  if (type == "ClusterStmt") return !node.contains("relation");
  if (type == "AlterTableStmt") return DetachesConcurrently(node);
  if (type == "AlterDatabaseStmt") return HasOption(node, "options", "tablespace");
  if (type == "ReindexStmt") {
    const std::string kind = Text(node, "kind");
    return kind == "REINDEX_OBJECT_SCHEMA" || kind == "REINDEX_OBJECT_SYSTEM" ||
           kind == "REINDEX_OBJECT_DATABASE" || HasOption(node, "params", "concurrently");
  }
  if (type == "AlterSubscriptionStmt") {
    const std::string kind = Text(node, "kind");
    return kind == "ALTER_SUBSCRIPTION_REFRESH" || kind == "ALTER_SUBSCRIPTION_SET_PUBLICATION";
  }
  if (type == "TransactionStmt") {
    const std::string kind = Text(node, "kind");
    return kind == "TRANS_STMT_COMMIT_PREPARED" || kind == "TRANS_STMT_ROLLBACK_PREPARED";
  }
  return false;
}

StatementFacts::Kind KindOf(const std::string& type, const json& node) {
  using Kind = StatementFacts::Kind;
  if (type == "TransactionStmt") {
    const std::string kind = Text(node, "kind");
    if (kind == "TRANS_STMT_PREPARE") return Kind::kPrepareTransaction;
    if (kind == "TRANS_STMT_BEGIN" || kind == "TRANS_STMT_START" || kind == "TRANS_STMT_COMMIT" ||
        kind == "TRANS_STMT_ROLLBACK") {
      return Kind::kTransactionControl;
    }
    return Kind::kPlain;
  }
  if (type == "DiscardStmt") {
    return Text(node, "target") == "DISCARD_ALL" ? Kind::kDiscardAll : Kind::kPlain;
  }
  if (type == "CopyStmt") {
    if (node.contains("filename") || Flag(node, "is_program")) return Kind::kPlain;
    return Flag(node, "is_from") ? Kind::kCopyIn : Kind::kCopyOut;
  }
  return Kind::kPlain;
}

bool IsBinaryCopy(const json& node) {
  if (!node.contains("options")) return false;
  for (const json& item : node["options"]) {
    const json option = item.value("DefElem", json::object());
    if (Text(option, "defname") != "format") continue;
    const json value = option.value("arg", json::object()).value("String", json::object());
    if (Text(value, "sval") == "binary") return true;
  }
  return false;
}

}  // namespace

StatementFacts PgQueryStatementParser::Parse(absl::string_view statement) {
  StatementFacts facts = FactsFromWords(statement);
  // The tree of a long list of values has some hundred times its size.
  if (statement.size() > kParsedBytesMax) return facts;
  const std::string text(statement);
  const ParseResult result(text.c_str());
  if (result.raw.error != nullptr || result.raw.parse_tree == nullptr) return facts;
  const json tree = json::parse(result.raw.parse_tree, nullptr, /*allow_exceptions=*/false);
  if (tree.is_discarded() || !tree.contains("stmts") || tree["stmts"].size() != 1) return facts;
  const json& holder = tree["stmts"][0]["stmt"];
  if (!holder.is_object() || holder.empty()) return facts;
  const std::string& type = holder.begin().key();
  const json& node = holder.begin().value();
  try {
    StatementFacts read = facts;
    read.parsed = true;
    read.kind = KindOf(type, node);
    read.transactional = !RefusesTransaction(type, node);
    read.binary_copy = read.kind == StatementFacts::Kind::kCopyIn && IsBinaryCopy(node);
    pgquery::ReadStatement(type, node, statement, read);
    return read;
  } catch (const json::exception&) {  // a tree of another shape than this version's
    return facts;
  }
}

}  // namespace storefront::migrator
