"""Changes to well-formed input: at random, but the same again for the same seed."""

import random
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_NUMBER = re.compile(rb"\d{1,10}")
_LONGEST_SLICE = 400
_LARGEST = 1 << 20
_PIECES = (
    *(b"\0", b"\xff", b"\r\n", b"\n\n", b"--", b"<", b">", b"&", b"]]>", b"<!--"),
    *(b"<?", b"<!DOCTYPE a>", b"&#0;", b"&amp;", b'"', b"'", b"/", b"=", b"%", b";"),
    *(b"obj", b"endobj", b"stream\n", b"endstream", b"<<", b">>", b"[", b"]", b"R"),
    *(b"/ByteRange", b"/Prev", b"xref", b"trailer", b"startxref", b"%%EOF", b"(("),
    *(b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x30\x80", b"\x30\x84\xff"),
    *(b"Content-ID: <a>", b"Content-Type: ", b"cid:", b"\xef\xbb\xbf", b"\xc1\xba"),
    *(b"-1", b"0", b"2147483648", b"18446744073709551616", b"1e9", b"\xc3\x28"),
)

Change = Callable[[bytearray], None]


class Mutator:
    """Changes seeds.

    Args:
        seeds: well-formed inputs; pieces of one find their way into others.
        chance: the source of randomness.
    """

    def __init__(self, seeds: Sequence[bytes], chance: random.Random) -> None:
        self._seeds = seeds
        self._chance = chance
        self._changes: tuple[Change, ...] = (
            self._flip,
            self._flip,
            self._set,
            self._cut,
            self._double,
            self._insert,
            self._splice,
            self._swap,
            self._number,
            self._truncate,
            self._repeat,
        )

    def pick(self) -> tuple[bytes, bytes]:
        """Return a seed and what became of it."""
        seed = self._chance.choice(self._seeds)
        data = bytearray(seed)
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 5))):
            self._chance.choice(self._changes)(data)
            del data[_LARGEST:]
        return seed, bytes(data)

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut data as a network might."""
        cuts = sorted(self._place(data) for _ in range(self._chance.randrange(4)))
        edges = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(edges)]

    def _place(self, data: bytes | bytearray) -> int:
        return self._chance.randrange(len(data) + 1)

    def _slice(self, data: bytes | bytearray) -> slice:
        start = self._place(data)
        return slice(start, start + self._chance.randrange(1, _LONGEST_SLICE))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            data[self._chance.randrange(len(data))] = self._chance.randrange(256)

    def _cut(self, data: bytearray) -> None:
        del data[self._slice(data)]

    def _double(self, data: bytearray) -> None:
        span = self._slice(data)
        data[span.start : span.start] = data[span]

    def _insert(self, data: bytearray) -> None:
        place = self._place(data)
        data[place:place] = self._chance.choice(_PIECES)

    def _splice(self, data: bytearray) -> None:
        other = self._chance.choice(self._seeds)
        data[self._slice(data)] = other[self._slice(other)]

    def _swap(self, data: bytearray) -> None:
        one, two = self._slice(data), self._slice(data)
        if one.stop <= two.start:
            data[one], data[two] = data[two], bytes(data[one])

    def _number(self, data: bytearray) -> None:
        found = _NUMBER.search(data, self._place(data))
        if found is not None:
            value = int(found.group())
            new = self._chance.choice((value + 1, value - 1, 0, value * 10, 1 << 31))
            data[found.start() : found.end()] = b"%d" % new

    def _truncate(self, data: bytearray) -> None:
        del data[self._place(data) :]

    def _repeat(self, data: bytearray) -> None:
        span = self._slice(data)
        times = self._chance.choice((10, 100, 1000))
        data[span.start : span.start] = bytes(data[span]) * times
