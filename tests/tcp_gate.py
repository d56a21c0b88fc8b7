"""A TCP proxy that breaks connections on purpose, at the moment and in the direction a test names.

    with TcpGate("127.0.0.1", 5432) as gate:
        client = connect(port=gate.port)
        gate.drop_from(TO_SERVER, b"COMMIT")   # the server never sees the COMMIT
        ...
        gate.cut()                             # now the client notices

hold and drip are for all connections, open and new, until forward(). The rules with a pattern or a
size fire once, for the first connection that meets them: `hits` counts, and the next connection
passes. Bytes that the gate has handed on before a rule was set are not called back.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self

TO_SERVER, TO_CLIENT = "to_server", "to_client"
DIRECTIONS = (TO_SERVER, TO_CLIENT)
_CHUNK = 65536


@dataclass
class _Rule:
    """What happens to the bytes of one direction. The default passes everything on."""

    hold: bool = False  # bytes wait in the gate
    drip_seconds: float = 0.0  # one byte, then this pause
    pattern: bytes = b""  # fires when it comes by ...
    pass_pattern: bool = False  # ... and is itself passed on, or not
    limit: int = -1  # fires once that many more bytes have passed
    then_drop: str = ""  # firing: the direction whose bytes vanish from then on; else a reset

    def measure(self, data: bytes, seen: bytes) -> tuple[int, bool]:
        """How many bytes of data pass now, and whether the rule fires after them."""
        if self.pattern:
            found = (seen + data).find(self.pattern)
            if found < 0:
                return len(data), False
            end = len(data) if self.pass_pattern else max(0, found - len(seen))
            return end, True
        if self.limit >= 0:
            size = min(len(data), self.limit)
            self.limit -= size
            return size, self.limit == 0
        return (1 if self.drip_seconds else len(data)), False

    def tail(self, passed: bytes) -> bytes:
        """What to remember: a pattern may be split over two reads."""
        keep = len(self.pattern) - 1
        return passed[-keep:] if keep > 0 else b""


@dataclass
class _Pair:
    """One client and its connection to the server."""

    client: socket.socket
    server: socket.socket
    dropping: set[str] = field(default_factory=set)
    last: str = ""  # the direction of the bytes that passed last

    def reset(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):  # linger 0: close sends RST, not FIN
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the other thread's recv
            with contextlib.suppress(OSError):
                end.close()

    def end(self, direction: str) -> tuple[socket.socket, socket.socket]:
        ends = (self.client, self.server)
        return ends if direction == TO_SERVER else ends[::-1]


class TcpGate:
    """Listens on 127.0.0.1:port and passes every connection on to host:target_port.

    Thread-safe: tests change rules while bytes flow. `passed` counts forwarded bytes by direction,
    `turns` how often a direction took over from the other one on its connection: to the server,
    that is the number of round trips. `hits` counts the rules that fired.
    """

    def __init__(self, host: str, target_port: int) -> None:
        self._target = (host, target_port)
        self._changed = threading.Condition()
        self._rules = {direction: _Rule() for direction in DIRECTIONS}
        self._pairs: list[_Pair] = []
        self._refusing = self._closed = False
        self.passed = dict.fromkeys(DIRECTIONS, 0)
        self.turns = dict.fromkeys(DIRECTIONS, 0)
        self.hits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    # --- rules

    def forward(self) -> None:
        """Back to a plain proxy; held bytes go on, dropped ones stay lost."""
        with self._changed:
            self._rules = {direction: _Rule() for direction in DIRECTIONS}
            self._refusing = False
            for pair in self._pairs:
                pair.dropping.clear()
            self._changed.notify_all()

    def hold(self, *directions: str) -> None:
        """Bytes wait, the connection stays: a frozen network."""
        self._set(directions, hold=True)

    def drip(self, *directions: str, pause: float = 0.05) -> None:
        """One byte at a time."""
        self._set(directions, drip_seconds=pause)

    def drop_from(self, direction: str, pattern: bytes) -> None:
        """From the pattern on nothing passes in that direction; the connection stays open."""
        self._set((direction,), pattern=pattern, then_drop=direction)

    def lose_reply_to(self, pattern: bytes) -> None:
        """The pattern reaches the server; from then on the client hears nothing."""
        self._set((TO_SERVER,), pattern=pattern, pass_pattern=True, then_drop=TO_CLIENT)

    def cut_at(self, direction: str, pattern: bytes) -> None:
        """Both ends are reset before the first byte of the pattern passes."""
        self._set((direction,), pattern=pattern)

    def cut_after(self, direction: str, size: int) -> None:
        """Both ends are reset once `size` more bytes have passed in that direction."""
        self._set((direction,), limit=size)

    def cut(self, *, refuse: bool = False) -> None:
        """Resets every open connection now; refuse: new ones are reset as well, until forward()."""
        with self._changed:
            self._refusing = refuse
            pairs, self._pairs = self._pairs, []
            self._changed.notify_all()
        for pair in pairs:
            pair.reset()

    @property
    def connections(self) -> int:
        with self._changed:
            return len(self._pairs)

    def close(self) -> None:
        with self._changed:
            self._closed = True
        self._listener.close()
        self.cut(refuse=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- threads

    def _set(self, directions: tuple[str, ...], **values) -> None:
        with self._changed:
            for direction in directions or DIRECTIONS:
                self._rules[direction] = _Rule(**values)
            self._changed.notify_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(self._target, timeout=5)
                server.settimeout(None)
            except OSError:
                server = socket.socket()  # reset() below closes both
                _Pair(client, server).reset()
                continue
            pair = _Pair(client, server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                refused = self._refusing
                if not refused:
                    self._pairs.append(pair)
            if refused:
                pair.reset()
                continue
            for direction in DIRECTIONS:
                threading.Thread(target=self._pump, args=(pair, direction), daemon=True).start()

    def _pump(self, pair: _Pair, direction: str) -> None:
        source, target = pair.end(direction)
        seen = b""  # the end of what passed: a pattern may be split over reads
        try:
            while data := source.recv(_CHUNK):
                while data:
                    data, seen, pause = self._pass_on(pair, direction, target, data, seen)
                    if pause:
                        with self._changed:
                            self._changed.wait(pause)
            self._half_close(pair, direction, target)
        except OSError:
            with self._changed:
                if pair in self._pairs:
                    self._pairs.remove(pair)
            pair.reset()

    def _half_close(self, pair: _Pair, direction: str, target: socket.socket) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._rules[direction].hold or self._closed)
            if direction in pair.dropping:
                return
        target.shutdown(socket.SHUT_WR)

    def _pass_on(
        self, pair: _Pair, direction: str, target: socket.socket, data: bytes, seen: bytes
    ) -> tuple[bytes, bytes, float]:
        """Handles the front of data; returns the rest, the new tail and how long to pause."""
        with self._changed:
            self._changed.wait_for(lambda: not self._rules[direction].hold or self._closed)
            if direction in pair.dropping:
                return b"", b"", 0
            rule = self._rules[direction]
            size, fires = rule.measure(data, seen)
            if size and pair.last != direction:
                pair.last = direction
                self.turns[direction] += 1
            if fires:
                self.hits += 1
                self._rules[direction] = _Rule()  # once, for one connection
                if rule.then_drop:
                    pair.dropping.add(rule.then_drop)
        self._send(target, direction, data[:size])
        if fires and not rule.then_drop:
            raise OSError("cut by a rule")
        return data[size:], rule.tail(seen + data[:size]), rule.drip_seconds

    def _send(self, target: socket.socket, direction: str, data: bytes) -> None:
        if data:
            target.sendall(data)
            self.passed[direction] += len(data)
