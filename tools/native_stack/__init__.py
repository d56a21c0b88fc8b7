"""Real Postgres, Kafka and Connect as plain processes: what tools/stack and the tests share.

Standard library only: this runs before any Python package is installed.
SPDX-License-Identifier: Apache-2.0
"""
