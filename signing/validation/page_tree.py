"""The pages of a file in order, each met once (ISO 32000-2 clause 7.7.3).

A tree with a loop, or with a page that names another parent than the one that lists it,
shows different pages, or the same with other inherited content, to different readers.
Pages are loaded only where their bytes leave a doubt: files have thousands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.limits import MAX_PAGES

_END = b"endobj"
_OWN_SPELLING = b"#"
_MAY_HIDE = (b"(", b"%", b"stream")
_PARENT = re.compile(rb"/Parent\s+(\d{1,10})\s+(\d{1,5})\s+R")
_PLACE = "pages"

ObjectNumber = tuple[int, int]
"""Number and generation."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Args:
        reference: of its object.
        octets: as it stands in the file; nothing unless that is a plain dictionary.
    """

    reference: generic.IndirectObject
    octets: bytes

    def may_have(self, key: bytes) -> bool:
        """Tell whether its dictionary may have a key."""
        return not self.octets or key in self.octets or _OWN_SPELLING in self.octets


def pages_of(reader: PdfFileReader, data: bytes) -> Iterator[Page]:
    """Walk the tree of pages.

    Raises:
        SigningError: PDF_MALFORMED, a loop, or a page of another parent;
            LIMIT_EXCEEDED.
        Exception: whatever a malformed file makes pyHanko raise.
    """
    waiting: list[tuple[Any, ObjectNumber | None]] = [
        (reader.root.raw_get("/Pages"), None)
    ]
    seen: set[ObjectNumber] = set()
    while waiting:
        reference, parent = waiting.pop()
        number = object_number(reference)
        if number is None or number in seen:
            raise SigningError(ErrorCode.PDF_MALFORMED, place=_PLACE)
        seen.add(number)
        if len(seen) > MAX_PAGES:
            raise SigningError(ErrorCode.LIMIT_EXCEEDED, place=_PLACE)
        page = Page(reference, _octets(reader, data, reference))
        kids = _kids(page)
        _require_parent(page, parent)
        if kids is None:
            yield page
        else:
            waiting += [(kids.raw_get(at), number) for at in reversed(range(len(kids)))]


def object_number(value: Any) -> ObjectNumber | None:
    """Return what an indirect reference refers to, None for anything else."""
    if isinstance(value, generic.IndirectObject):
        return value.idnum, value.generation
    return None


def annotations_of(page: generic.DictionaryObject) -> Any:
    """Return what a page lists as its annotations: an array, unless it is odd.

    Null is the same as none (ISO 32000-2 clause 7.3.7).
    """
    try:
        return page["/Annots"]
    except KeyError:
        return generic.ArrayObject()


def _octets(
    reader: PdfFileReader, data: bytes, reference: generic.IndirectObject
) -> bytes:
    start = reader.xrefs[reference.reference]
    if not isinstance(start, int):
        return b""
    found = data[start : data.find(_END, start)].rstrip()
    return found if _is_plain_dictionary(found) else b""


def _is_plain_dictionary(octets: bytes) -> bool:
    """Tell whether these are a dictionary to its end, and nothing hides the end."""
    closed = octets.endswith(b">>") and octets.count(b"<<") == octets.count(b">>")
    return closed and not any(one in octets for one in _MAY_HIDE)


def _kids(page: Page) -> generic.ArrayObject | None:
    if not page.may_have(b"/Kids"):
        return None
    node = page.reference.get_object()
    if "/Kids" not in node:
        return None
    kids: generic.ArrayObject = node["/Kids"]
    return kids


def _require_parent(page: Page, parent: ObjectNumber | None) -> None:
    if parent is None:
        return
    if page.octets.count(b"/Parent") != 1 or page.may_have(_OWN_SPELLING):
        node = page.reference.get_object()
        named = object_number(node.raw_get("/Parent")) if "/Parent" in node else None
    else:
        found = _PARENT.search(page.octets)
        named = (int(found[1]), int(found[2])) if found else None
    if named is not None and named != parent:
        raise SigningError(ErrorCode.PDF_MALFORMED, place=_PLACE)
