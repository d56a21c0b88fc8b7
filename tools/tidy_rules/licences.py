"""Every source file says its licence, on a line that a machine can read (SPDX)."""
# SPDX-License-Identifier: Apache-2.0

import re
from collections.abc import Iterator

from tidy_rules.tree import Finding, Tree

_LINE = re.compile(r'^(?://|#|""")?\s*SPDX-License-Identifier: Apache-2\.0(?:""")?$', re.MULTILINE)
_SOURCES = ("*.cc", "*.h", "*.inc", "*.go", "*.proto", "*.py", "*.sh")


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(*_SOURCES):
        if tree.text(path) and not _LINE.search(tree.text(path)):
            yield Finding(
                "licence",
                path,
                0,
                "no line says only the licence",
                "Put `SPDX-License-Identifier: Apache-2.0` on a line of its own, under what the file is.",
            )
