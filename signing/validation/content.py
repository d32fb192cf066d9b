"""Content that acts, hides or covers: a signature on it is none on what is seen.

It may have been there when the file was signed, so it need be no forgery; but what a
reader shows then is not decided by the bytes that are signed (ISO 32000-2 clauses 12.6,
8.11). Attached files (7.11.4) change nothing of what is shown: they are signed as bytes
and told of, since they were not judged.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, SubIndication
from signing.errors import SigningError
from signing.pades.active import LAYERS, active_names
from signing.validation.appearances import borrowing
from signing.validation.document import SignatureField
from signing.validation.findings import Finding, not_checked
from signing.validation.page_tree import Page
from signing.validation.shown import Shown, later_ones_show, shown_on_pages

MOST_COVERED = 0.5
"""Share of an earlier signature that a later one may cover; a seal covers a third
(Decree 30/2020, Annex I, cell 8)."""

_ATTACHED = frozenset({"/EF", "/EmbeddedFiles", "/FileAttachment"})


class _Drawing(Protocol):
    """What `signing.validation.page_pictures` offers."""

    def hiding(
        self, data: bytes, signed_end: int, later: Sequence[Shown]
    ) -> Iterator[Shown]:
        """Give those signatures that hide what was signed before them."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be said of the content of a file.

    Args:
        findings: why no signature on it passes.
        remarks: what is told besides.
    """

    findings: tuple[Finding, ...] = ()
    remarks: tuple[Reason, ...] = ()


def content_of(reader: PdfFileReader, data: bytes) -> Content:
    """Find out whether what is shown may change by itself.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    names: list[str] = []
    try:
        names.extend(active_names(reader, data))
    except SigningError as error:
        return Content((not_checked(error.code, error.place),))
    attached = [one for one in dict.fromkeys(names) if one in _ATTACHED]
    others = [one for one in dict.fromkeys(names) if one not in _ATTACHED]
    return Content(
        tuple(_finding(_code(one), one) for one in others),
        tuple(Reason(ErrorCode.CONTENT_ATTACHED, one) for one in attached),
    )


def covering_findings(
    data: bytes,
    pages: Sequence[Page],
    fields: Sequence[SignatureField],
    signed_end: int,
) -> tuple[Finding, ...]:
    """Name the signatures that show over content or signatures from before them.

    Args:
        data: the whole file.
        pages: its pages, in order.
        fields: its signatures, in the order of signing.
        signed_end: where the bytes end that the first of them covers.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    if not later_ones_show(fields):
        return ()
    shown = shown_on_pages(pages, fields)
    later = [one for one in shown if one.field != fields[0].name]
    # A file with one signature does without PDFium, and is judged sooner.
    drawing: _Drawing = importlib.import_module("signing.validation.page_pictures")
    try:
        hiding = [one.field for one in drawing.hiding(data, signed_end, later)]
    except SigningError as error:
        return (not_checked(ErrorCode.MODIFICATION_NOT_ASSESSED, error.place),)
    return (
        *(_finding(ErrorCode.CONTENT_COVERED, one) for one in dict.fromkeys(hiding)),
        *(_finding(ErrorCode.SIGNATURE_COVERED, one) for one in covering(shown)),
        *(_finding(ErrorCode.APPEARANCE_SHARED, one) for one in borrowing(fields)),
    )


def covering(shown: Sequence[Shown]) -> tuple[str, ...]:
    """Return the fields of signatures that stand over most of an earlier one.

    Args:
        shown: in the order of signing.
    """
    found = (
        later.field
        for number, later in enumerate(shown)
        if any(_covers(later, earlier) for earlier in shown[:number])
    )
    return tuple(dict.fromkeys(found))


def _code(name: str) -> ErrorCode:
    return ErrorCode.CONTENT_LAYERED if name == LAYERS else ErrorCode.CONTENT_ACTIVE


def _finding(code: ErrorCode, place: str) -> Finding:
    constraints = SubIndication.SIG_CONSTRAINTS_FAILURE
    return Finding(Indication.INDETERMINATE, constraints, code, place)


def _covers(later: Shown, earlier: Shown) -> bool:
    if later.page != earlier.page or later.field == earlier.field:
        return False
    left, lower, right, upper = earlier.box
    wide = min(right, later.box[2]) - max(left, later.box[0])
    high = min(upper, later.box[3]) - max(lower, later.box[1])
    return wide > 0 and high > 0 and wide * high > MOST_COVERED * earlier.area
