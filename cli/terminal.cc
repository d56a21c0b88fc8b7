// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

namespace storefront::cli {

Terminal ProcessTerminal() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return {.in = std::cin,
          .out = std::cout,
          .err = std::cerr,
          .in_is_terminal = isatty(STDIN_FILENO) == 1,
          .out_is_terminal = isatty(STDOUT_FILENO) == 1,
          .err_is_terminal = isatty(STDERR_FILENO) == 1,
          .columns = known ? size.ws_col : 80,
          .in_descriptor = STDIN_FILENO};
}

bool UseColor(const std::string& setting, bool is_terminal, bool no_color_is_set) {
  if (setting == "always") return true;
  if (setting == "never") return false;
  return is_terminal && !no_color_is_set;
}

}  // namespace storefront::cli
