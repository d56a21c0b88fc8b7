// Prints docs/lint.md, for tools/gen-docs.
// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "services/migrator/lint_rules.h"

int main() {
  std::cout << storefront::migrator::LintRulesMarkdown();
  return std::cout.good() ? 0 : 1;
}
