"""Changes that know a PDF file: sections, objects, ranges, keys, a CMS in /Contents."""

import re
from collections.abc import Callable
from random import Random

from tests.support.mutating_der import changed_der

_NUMBERS = tuple(
    re.compile(one)
    for one in (
        rb"\n(\d{10}) \d{5} [nf]",
        rb"startxref\s+(\d+)",
        rb"/Prev (\d+)",
        rb"/Size (\d+)",
        rb"/Length (\d+)",
        rb"/ByteRange\s*\[\s*(\d+)",
        rb"/ByteRange\s*\[\s*\d+\s+(\d+)",
        rb"/ByteRange\s*\[\s*\d+\s+\d+\s+(\d+)",
        rb"/ByteRange\s*\[\s*\d+\s+\d+\s+\d+\s+(\d+)",
        rb"(?<!\d)(\d{1,7}) 0 obj",
        rb"(?<!\d)(\d{1,7}) 0 R",
        rb"xref\s+(\d+) \d+\s",
        rb"xref\s+\d+ (\d+)\s",
    )
)
_KEY = re.compile(rb"/[A-Z][A-Za-z]{1,20}")
_OBJECT = re.compile(rb"(?<!\d)(\d{1,7}) 0 obj\b(.*?)endobj", re.DOTALL)
_CONTENTS = re.compile(rb"/Contents\s*<([0-9A-Fa-f]{200,})>")
_TRAILER = re.compile(rb"/Root (\d+ 0 R)")
_SIZE = re.compile(rb"/Size (\d+)")
_START = re.compile(rb"startxref\s+(\d+)")

_Change = Callable[[bytes, Random], bytes]


def changed_pdf(data: bytes, chance: Random) -> bytes:
    """Change a file in one way that has to do with its structure."""
    return chance.choice(_CHANGES)(data, chance)


def changed_cms(data: bytes, chance: Random) -> bytes:
    """Change the CMS of one signature; it keeps its room and its spelling."""
    found = list(_CONTENTS.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    digits = one.group(1)
    octets = bytes.fromhex(digits.decode()[: len(digits) // 2 * 2])
    changed = changed_der(octets, chance)
    text = changed.ljust(len(octets), b"\0").hex().encode()
    text = text.upper() if digits.upper() == digits else text
    if len(text) > len(digits):
        text = text[: len(digits)]
    return data[: one.start(1)] + text + data[one.end(1) :]


def _number(data: bytes, chance: Random) -> bytes:
    found = list(chance.choice(_NUMBERS).finditer(data))
    if not found:
        return _key(data, chance)
    one, other = chance.choice(found), chance.choice(found)
    value = int(one.group(1))
    near = value + chance.choice((-20, -2, -1, 1, 2, 20))
    new = chance.choice((near, near, int(other.group(1)), 0, -1, 1 << 31, 1 << 64))
    text = b"%d" % new
    if chance.random() < 0.7:
        text = text.rjust(len(one.group(1)), b"0")
    return data[: one.start(1)] + text + data[one.end(1) :]


def _key(data: bytes, chance: Random) -> bytes:
    found = list(_KEY.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    new = other.group()
    if chance.random() < 0.5:
        new = new[: len(one.group())].ljust(len(one.group()))
    return data[: one.start()] + new + data[one.end() :]


def _key_again(data: bytes, chance: Random) -> bytes:
    one = chance.choice(list(_KEY.finditer(data)))
    value = chance.choice((b" null ", b" 0 ", b" [] ", b" 1 0 R ", b" << >> ", b" ()"))
    return data[: one.start()] + one.group() + value + data[one.start() :]


def _object_moved(data: bytes, chance: Random) -> bytes:
    """Put the body of one object in the place of another, or one more time."""
    found = list(_OBJECT.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    if chance.random() < 0.5:
        return data[: one.start(2)] + other.group(2) + data[one.end(2) :]
    return data[: one.start()] + other.group() + b"\n" + data[one.start() :]


def _revised(data: bytes, chance: Random) -> bytes:
    """Append a revision in good form that gives an object another body."""
    found = list(_OBJECT.finditer(data))
    one, other = chance.choice(found), chance.choice(found)
    body = other.group(2)
    if chance.random() < 0.6:
        body = chance.choice((_key, _key_again, _number))(
            one.group(2) + b"/Pa 1", chance
        )
    number, at = int(one.group(1)), len(data)
    roots, sizes = _TRAILER.findall(data), _SIZE.findall(data)
    starts = _START.findall(data)
    if not (roots and sizes and starts):
        return data + other.group()
    new = b"%d 0 obj%sendobj\n" % (number, body)
    section = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %s /Root %s /Prev %s >>\n"
    section %= (number, at, sizes[-1], roots[-1], starts[-1])
    return data + new + section + b"startxref\n%d\n%%%%EOF\n" % (at + len(new))


def _revision_cut(data: bytes, chance: Random) -> bytes:
    """Cut at or near the end of a revision, or put one revision twice."""
    ends = [one.end() for one in re.finditer(rb"%%EOF\r?\n?", data)]
    end = chance.choice(ends)
    if chance.random() < 0.3:
        return data + data[chance.choice([0, *ends]) : end]
    return data[: end + chance.choice((-1, 0, 0, 1))]


_CHANGES: tuple[_Change, ...] = (
    _number,
    _number,
    _number,
    _key,
    _key_again,
    _object_moved,
    _revised,
    _revised,
    _revision_cut,
    changed_cms,
    changed_cms,
)
