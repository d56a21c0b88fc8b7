"""The rules of tools/tidy, one story per file. Standard library only."""
# SPDX-License-Identifier: Apache-2.0
