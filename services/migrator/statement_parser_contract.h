// What every statement parser must say, fake and real.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "services/migrator/statement_parser.h"

namespace storefront::migrator {

using MakeStatementParser = std::function<std::unique_ptr<StatementParser>()>;
class StatementParserContract : public ::testing::TestWithParam<MakeStatementParser> {};

TEST_P(StatementParserContract, WhatPostgresRefusesInsideATransaction) {
  const auto parser = GetParam()();
  for (const absl::string_view statement : {"create database d",
                                            "drop database d",
                                            "create tablespace t location '/x'",
                                            "drop tablespace t",
                                            "create subscription s connection 'x' publication p",
                                            "drop subscription s",
                                            "alter system set work_mem = '1MB'",
                                            "create index concurrently i on t (a)",
                                            "create unique index concurrently i on t (a)",
                                            "drop index concurrently i",
                                            "reindex schema s",
                                            "reindex database d",
                                            "reindex system d",
                                            "vacuum",
                                            "vacuum full t",
                                            "vacuum (analyze) t",
                                            "reindex table concurrently t",
                                            "reindex (concurrently) index i",
                                            "reindex index concurrently i",
                                            "cluster",
                                            "cluster verbose",
                                            "alter table t detach partition p concurrently",
                                            "alter database d set tablespace t",
                                            "alter subscription s refresh publication",
                                            "alter subscription s set publication p",
                                            "commit prepared 'x'"}) {
    SCOPED_TRACE(statement);
    EXPECT_FALSE(parser->Parse(statement).transactional);
  }
}

TEST_P(StatementParserContract, WhatItTakesThere) {
  const auto parser = GetParam()();
  for (const absl::string_view statement : {"create table concurrently_named (i int)",
                                            "create index i on t (a)",
                                            "drop index i",
                                            "reindex table t",
                                            "reindex index i",
                                            "analyze t",
                                            "cluster t",
                                            "cluster t using i",
                                            "alter table t detach partition p",
                                            "alter database d set work_mem = '1MB'",
                                            "alter subscription s disable",
                                            "insert into t values ('create database')",
                                            "alter type t add value 'x'",
                                            "do $$ begin end $$",
                                            "call p()",
                                            "savepoint s",
                                            "select 'vacuum'",
                                            "comment on table t is 'reindex schema s'",
                                            "release savepoint s",
                                            "rollback to savepoint s",
                                            "rollback to s",
                                            "truncate t",
                                            "lock table t"}) {
    SCOPED_TRACE(statement);
    const StatementFacts facts = parser->Parse(statement);
    EXPECT_TRUE(facts.transactional);
    EXPECT_EQ(facts.kind, StatementFacts::Kind::kPlain);
  }
}

TEST_P(StatementParserContract, Kinds) {
  using Kind = StatementFacts::Kind;
  const auto parser = GetParam()();
  const struct {
    absl::string_view statement;
    Kind kind;
  } cases[] = {
      {"begin", Kind::kTransactionControl},
      {"start transaction isolation level serializable", Kind::kTransactionControl},
      {"commit", Kind::kTransactionControl},
      {"end", Kind::kTransactionControl},
      {"rollback", Kind::kTransactionControl},
      {"abort work", Kind::kTransactionControl},
      {"commit and chain", Kind::kTransactionControl},
      {"prepare transaction 'x'", Kind::kPrepareTransaction},
      {"prepare p as select 1", Kind::kPlain},
      {"discard all", Kind::kDiscardAll},
      {"discard plans", Kind::kPlain},
      {"copy t from stdin", Kind::kCopyIn},
      {"copy s.t (a, b) from stdin with (format csv, header)", Kind::kCopyIn},
      {"copy t to stdout", Kind::kCopyOut},
      {"copy (select 1) to stdout", Kind::kCopyOut},
      {"copy t from '/x'", Kind::kPlain},
      {"copy t to '/x'", Kind::kPlain},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.statement);
    EXPECT_EQ(parser->Parse(c.statement).kind, c.kind);
  }
  EXPECT_TRUE(parser->Parse("copy t from stdin with (format binary)").binary_copy);
  EXPECT_TRUE(parser->Parse("copy t from stdin binary").binary_copy);
  EXPECT_FALSE(parser->Parse("copy t from stdin with (format text)").binary_copy);
}

TEST_P(StatementParserContract, CommandsHaveTheirNames) {
  const auto parser = GetParam()();
  const struct {
    absl::string_view statement, command;
  } cases[] = {
      {"create table t (i int)", "CREATE TABLE"},
      {"create unlogged table t (i int)", "CREATE TABLE"},
      {"create or replace function f() returns int language sql as 'select 1'", "CREATE FUNCTION"},
      {"create unique index i on t (a)", "CREATE INDEX"},
      {"create materialized view v as select 1", "CREATE MATERIALIZED VIEW"},
      {"alter default privileges grant select on tables to r", "ALTER DEFAULT PRIVILEGES"},
      {"insert into t values (1)", "INSERT"},
      {"/* why */ update t set a = 1", "UPDATE"},
      {"alter publication p add table t", "ALTER PUBLICATION"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.statement);
    EXPECT_EQ(parser->Parse(c.statement).command, c.command);
  }
}

}  // namespace storefront::migrator
