"""Sections that a dishonest hub adds to a PDF file: other objects, listed properly."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from signing.remote_check.objects import read_object

_SIZE = re.compile(rb"/Size [0-9]+")
_PREVIOUS = re.compile(rb"/Prev [0-9]+")


def unchanged(objects: bytes) -> bytes:
    """Objects as the honest hub wrote them."""
    return objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """A section made from an honest one.

    Args:
        source: the file before.
        prepared: the same with an honest section, listed in a table.
        edit: what is done to its objects.
        more: objects after those.
        generations: other than 0, by number, as the references list them.
    """

    source: bytes
    prepared: bytes
    edit: Callable[[bytes], bytes] = unchanged
    more: bytes = b""
    generations: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def with_table(self) -> bytes:
        """The file, with a cross-reference table."""
        data = self._objects()
        rows = dict(self._rows(data))
        table = b"".join(
            b"%d 1\n%010d %05d n \n" % (number, at, self._generation(number))
            for number, at in sorted(rows.items())
        )
        trailer = b"trailer\n<<%s>>\n" % self._entries(max(rows) + 1)
        return _ended(data, b"xref\n" + table + trailer)

    def with_stream(
        self, number: int, *, first: Sequence[tuple[int, int]] = ()
    ) -> bytes:
        """The file, with a cross-reference stream of this number.

        Args:
            number: of the stream.
            first: numbers and places it lists before all others.
        """
        data = self._objects()
        rows = [*first, *sorted([*self._rows(data), (number, len(data))])]
        content = b"".join(
            b"\1" + at.to_bytes(4, "big") + self._generation(one).to_bytes(2, "big")
            for one, at in rows
        )
        index = b" ".join(b"%d 1" % one for one, _ in rows)
        own = b"/Type /XRef /W [1 4 2] /Index [%s] /Length %d" % (index, len(content))
        entries = own + self._entries(max(rows)[0] + 1)
        stream = b"<<%s>>\nstream\n%s\nendstream" % (entries, content)
        return _ended(data, b"%d 0 obj\n%s\nendobj\n" % (number, stream))

    def _generation(self, number: int) -> int:
        return self.generations.get(number, 0)

    def _objects(self) -> bytes:
        added = self.prepared[len(self.source) :]
        honest, _, _ = added.rpartition(b"\nxref\n")
        return self.source + self.edit(honest + b"\n") + self.more

    def _entries(self, size: int) -> bytes:
        """The entries of the honest trailer, for so many numbers at least."""
        entries = _last_trailer(self.prepared)
        found = _SIZE.search(entries)
        honest = int(found[0].split()[1]) if found else 0
        sized = _SIZE.sub(b"/Size %d" % max(size, honest), entries)
        return _PREVIOUS.sub(b"/Prev %d" % _last_section(self.source), sized)

    def _rows(self, data: bytes) -> Iterator[tuple[int, int]]:
        at = len(self.source)
        while rest := data[at:].lstrip():
            one = read_object(data, len(data) - len(rest))
            yield one.number, one.start
            at = one.end


def with_revision(source: bytes, number: int, value: bytes) -> bytes:
    """A document with one more object, in a revision of its own."""
    data = source + b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(source))
    previous = b"/Prev %d" % _last_section(source)
    trailer = b"trailer\n<<%s%s>>\n" % (_last_trailer(source), previous)
    return _ended(data, table + trailer)


def _last_trailer(data: bytes) -> bytes:
    """The entries of the last trailer."""
    _, _, rest = data.rpartition(b"trailer")
    return rest[rest.index(b"<<") + 2 : rest.rindex(b">>")]


def _last_section(data: bytes) -> int:
    return int(data.rpartition(b"startxref")[2].split()[0])


def _ended(data: bytes, section: bytes) -> bytes:
    return data + section + b"startxref\n%d\n%%%%EOF\n" % len(data)
