// The three streams of the process and what is known of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <ostream>
#include <string>

namespace storefront::cli {

// Data goes to `out` and nothing else does.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 80;        // of the terminal behind err
  int in_descriptor = -1;  // behind in, to wait at; -1: reading never has to wait
};

// The process's own.
Terminal ProcessTerminal();

// True when escape codes may go to a stream: `setting` is auto, always or never.
bool UseColor(const std::string& setting, bool is_terminal, bool no_color_is_set);

}  // namespace storefront::cli
