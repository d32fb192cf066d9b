"""Which objects and pages later revisions touch (ISO 32000-2 clause 7.5.6)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.validation.page_tree import ObjectNumber, Page, object_number

MOST_NAMED = 50
"""Objects and pages each: whoever looks at a file begins somewhere."""

_REFERENCE = re.compile(rb"(\d{1,10})\s+(\d{1,5})\s+R\b")
_PARENT = "/Parent"


@dataclass(frozen=True, slots=True)
class Changed:
    """What the revisions after a signature wrote.

    Args:
        objects: their numbers, in order.
        pages: those that are such an object or refer to one, counted from 1.
    """

    objects: tuple[int, ...] = ()
    pages: tuple[int, ...] = ()


def changed_after(
    reader: PdfFileReader, revision: int, pages: Sequence[Page]
) -> Changed:
    """Return what the revisions after `revision` wrote.

    Args:
        reader: the file.
        revision: the signed one, the oldest being 0.
        pages: of the file, in order; none where they cannot be read.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    written = {
        (one.idnum, one.generation)
        for later in range(revision + 1, reader.xrefs.total_revisions)
        for one in reader.xrefs.explicit_refs_in_revision(later)
        if one not in reader.xrefs.xref_stream_refs
    }
    if not written:
        return Changed()
    touched = (
        number
        for number, page in enumerate(pages, start=1)
        if not written.isdisjoint(_mentioned(page))
    )
    objects = sorted(number for number, _ in written)
    return Changed(tuple(objects[:MOST_NAMED]), tuple(touched)[:MOST_NAMED])


def _mentioned(page: Page) -> Iterator[ObjectNumber]:
    """Give a page's own object and those it refers to, but for its parent."""
    own = object_number(page.reference)
    if own is not None:
        yield own
    if page.octets and not page.may_have(b"#"):
        parent = page.octets.find(_PARENT.encode())
        for found in _REFERENCE.finditer(page.octets):
            if found.start() != parent + len(_PARENT) + 1:
                yield int(found[1]), int(found[2])
        return
    dictionary = page.reference.get_object()
    for key in dictionary:
        if key != _PARENT:
            yield from _referred(dictionary.raw_get(key))


def _referred(value: generic.PdfObject) -> Iterator[ObjectNumber]:
    number = object_number(value)
    if number is not None:
        yield number
    elif isinstance(value, generic.ArrayObject):
        held = (object_number(value.raw_get(at)) for at in range(len(value)))
        yield from (one for one in held if one is not None)
