"""Values that are written again stay what they were to a reader, octet for octet.

pyHanko 0.38 takes a name for UTF-8 or else for Latin-1 and writes UTF-8, strings in one
octet a letter where that can be, and 48.0 as 48. Where a page is written again to list
a signature, a font of it had another name then than in what the page shows, and a
palette other colours (ISO 32000-2 clauses 7.3.3 to 7.3.5).
"""

import re
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic

library_name = generic._decode_name  # noqa: SLF001 (the one place where it is read)
"""How the library reads the octets of a name, "#" and all."""

_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_AS_IT_IS = frozenset(range(0x21, 0x7F)) - frozenset(b"#%()/<>[]{}")


class ExactName(generic.NameObject):
    """A name that the file spells with "#".

    Args:
        octets: without the solidus, every "#" resolved.
    """

    octets: bytes

    def write_to_stream(self, stream: BinaryIO, *_: object, **__: object) -> None:
        """Write the octets that were read."""
        stream.write(b"/" + b"".join(map(_spelled, self.octets)))


class _Real(generic.FloatObject):
    """A real number that is written as one, and without an exponent."""

    def __repr__(self) -> str:
        digits = format(self, "f")
        return digits if "." in digits else f"{digits}.0"


def read_name(name_bytes: bytes) -> generic.NameObject:
    """Read a name as the library does, and keep its octets where those may matter.

    Args:
        name_bytes: as in the file, without the solidus.

    Raises:
        PdfReadError: it is malformed.
    """
    found: generic.NameObject = library_name(name_bytes)
    if b"#" not in name_bytes:
        return found
    exact = ExactName(found)
    exact.octets = _ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()), name_bytes)
    return exact


def octets_of(name: generic.NameObject) -> bytes:
    """Return what a name is to a reader, without the solidus."""
    if isinstance(name, ExactName):
        return name.octets
    return name[1:].encode()


def install() -> None:
    """Let pyHanko, which is pinned exactly, read names this way."""
    generic._decode_name = read_name  # noqa: SLF001 (there is no other hook)


def keep_spelling(whole: generic.PdfObject) -> None:
    """Have strings and real numbers in an object written as they were read."""
    waiting: list[Any] = [whole]
    while waiting:
        value = waiting.pop()
        for place, one in _parts(value):
            if isinstance(one, generic.FloatObject):
                value[place] = _Real(one)  # type: ignore[no-untyped-call]  # as there
            elif isinstance(one, generic.TextStringObject):
                one.force_output_encoding = one.autodetected_encoding
            elif isinstance(one, generic.DictionaryObject | generic.ArrayObject):
                waiting.append(one)


def _parts(value: Any) -> list[tuple[str | int, generic.PdfObject]]:
    if isinstance(value, generic.DictionaryObject):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, generic.ArrayObject) else []


def _spelled(octet: int) -> bytes:
    return bytes((octet,)) if octet in _AS_IT_IS else b"#%02X" % octet
