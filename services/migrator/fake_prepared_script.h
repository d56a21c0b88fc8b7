// Scripts made ready without files or a parser.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "services/migrator/fake_statement_parser.h"
#include "services/migrator/prepared_script.h"
#include "services/migrator/script_checksum.h"

namespace storefront::migrator {

inline PreparedScript Prepared(const std::string& file, const std::string& text) {
  FakeStatementParser parser;
  const Script script{ParseScriptName(file).value(), {"m", file}, ScriptChecksum(text)};
  return PrepareScript(script, {TextInMemory(text), ScriptChecksum(text)},
                       Placeholders::Make({}).value(), {}, parser, 1000)
      .value();
}

}  // namespace storefront::migrator
