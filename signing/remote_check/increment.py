"""What a prepared file adds to a document: one section, listed without a gap.

A cross-reference section that pointed anywhere else than to the objects it comes with
could exchange a page for another; so it must list exactly these (ISO 32000-2 7.5.6).
"""

import re
from dataclasses import dataclass

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.remote_check.objects import (
    IndirectObject,
    PdfObjects,
    Place,
    Section,
    read_object,
    read_section,
)
from signing.remote_check.values import Dictionary, Name, same

MAX_ADDED = 16 * 1024 * 1024
"""Bytes a signature may add: image, font, room for certificates and time stamps."""

MAX_OBJECTS = 64

_BLANK = re.compile(rb"[\x00\t\n\x0c\r ]*")
_END = re.compile(rb"\s*startxref\s+([0-9]{1,10})\s+%%EOF(?:\r\n|\n|\r)?")
_KEPT = ("Root", "Info")
_TRAILER_KEYS = frozenset({"Size", "Prev", "Root", "Info", "ID"})
_STREAM_KEYS = frozenset({"Type", "W", "Index", "Length", "Filter"})


@dataclass(frozen=True, slots=True)
class Added:
    """The objects of the added section by number, and those that are new."""

    objects: dict[int, IndirectObject]
    new: frozenset[int]


def changed(place: str) -> SigningError:
    """Return the refusal of a file that is more than the document and a signature."""
    return SigningError(ErrorCode.REMOTE_DOCUMENT_CHANGED, place=place)


def read_increment(before: PdfObjects, prepared: bytes) -> Added:
    """Read the section that `prepared` adds to a document.

    Raises:
        SigningError: REMOTE_DOCUMENT_CHANGED, it does not begin with the document, or
            adds other than one whole section; PDF_MALFORMED.
    """
    start = len(before.data)
    if not prepared.startswith(before.data):
        raise changed("first bytes")
    if not 0 < len(prepared) - start <= MAX_ADDED:
        raise changed("size")
    objects, at = _objects(prepared, start)
    section = read_section(prepared, at)
    _require_end(prepared, section)
    _require_listed(section, objects)
    _require_generation(before, objects)
    _require_trailer(before, section)
    new = frozenset(objects) - _known(before)
    _require_new(before, new)
    _require_own_number(section, new)
    listed = {key: one for key, one in objects.items() if key != section.own}
    return Added(listed, new - {section.own})


def _known(before: PdfObjects) -> set[int]:
    return {number for number, place in before.places.items() if place is not None}


def _objects(data: bytes, start: int) -> tuple[dict[int, IndirectObject], int]:
    """Read objects up to the section; return them and where it begins."""
    found: dict[int, IndirectObject] = {}
    at = _after_blank(data, start)
    while not data.startswith(b"xref", at):
        one = read_object(data, at)
        if one.generation or one.number in found or len(found) >= MAX_OBJECTS:
            raise changed(f"object {one.number}")
        found[one.number] = one
        if isinstance(one.value, Dictionary) and one.value.get("Type") == Name("XRef"):
            break
        at = _after_blank(data, one.end)
    return found, at


def _after_blank(data: bytes, at: int) -> int:
    blank = _BLANK.match(data, at)
    return blank.end() if blank else at


def _require_end(data: bytes, section: Section) -> None:
    end = _END.match(data, section.end)
    if end is None or end.end() != len(data) or int(end[1]) != section.start:
        raise changed("startxref")


def _require_listed(section: Section, objects: dict[int, IndirectObject]) -> None:
    """Demand that the section lists what it comes with, where it is, and no more.

    All of it in generation 0, in which it stands there.
    """
    listed = {key: place for key, place in section.places.items() if key}
    there = {key: Place(one.start) for key, one in objects.items()}
    if listed != there or section.places.get(0) is not None:
        raise changed("xref")


def _require_generation(before: PdfObjects, objects: dict[int, IndirectObject]) -> None:
    """Demand that what is replaced was of generation 0, as all that is added.

    A reference of another generation would find nothing (7.3.10).
    """
    for number in objects:
        place = before.places.get(number)
        if place is not None and place.generation:
            raise changed(f"object {number}")


def _require_trailer(before: PdfObjects, section: Section) -> None:
    trailer, old = section.trailer, before.trailer
    own = _TRAILER_KEYS | (_STREAM_KEYS if section.own else frozenset())
    for key in trailer.keys() - own:
        # What else stood in the last trailer may be repeated.
        if not same(old.get(key), trailer[key]):
            raise changed(f"trailer /{key}")
    if not same(before.section_start, trailer.get("Prev")):
        raise changed("trailer /Prev")
    for key in _KEPT:
        if not same(old.get(key), trailer.get(key)):
            raise changed(f"trailer /{key}")
    size, least = trailer.get("Size"), max(section.places) + 1
    if type(size) is not int or size < least:
        raise changed("trailer /Size")


def _require_own_number(section: Section, new: frozenset[int]) -> None:
    """Demand that a stream of references stands for no object of the document.

    It is compared with nothing; under the number of a page it would be that page.
    """
    if section.own is not None and section.own not in new:
        raise changed(f"object {section.own}")


def _require_new(before: PdfObjects, new: frozenset[int]) -> None:
    """Demand that nothing in the document waits for the numbers of new objects.

    What refers to an object that is not there refers to null; an object of this number
    would be shown (7.3.10).
    """
    if new & before.places.keys() or before.refers_to(new):
        raise changed("numbers")
