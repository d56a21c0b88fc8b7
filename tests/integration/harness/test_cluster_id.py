"""SPDX-License-Identifier: Apache-2.0"""

import re

from native_stack.cluster_id import new_cluster_id


def test_no_cluster_id_looks_like_an_option():
    # Of base64url only the first six bits decide the first character.
    for first in range(256):
        made = new_cluster_id(bytes([first]) + bytes(15))
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", made), made
    assert new_cluster_id() != new_cluster_id()
