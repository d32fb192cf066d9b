"""What a verdict tells of a file besides: content that acts, hides or is carried along.

It was there when the file was signed, so it is no forgery, but the signer may not have
seen what a reader shows (ISO 32000-2 clauses 12.6, 8.11, 7.11.4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from schemas.verdict import Reason
from signing.errors import SigningError
from signing.pades.active import active_names
from signing.validation.document import SignatureField

MOST_COVERED = 0.5
"""Share of an earlier signature that a later one may cover; a seal covers a third
(Decree 30/2020, Annex I, cell 8)."""

_ATTACHED = frozenset({"/EF", "/EmbeddedFiles", "/FileAttachment"})


@dataclass(frozen=True, slots=True)
class Shown:
    """Where one signature shows.

    Args:
        page: number of the page's object; None if the field does not say it.
        box: left, lower, right, upper, in points.
    """

    field: str
    page: int | None
    box: tuple[float, float, float, float]


def remarks_on(
    reader: PdfFileReader, data: bytes, fields: Sequence[SignatureField]
) -> tuple[Reason, ...]:
    """Return what is to be told of a file, each once.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    shown = tuple(_shown(one) for one in fields)
    found = (*_of_content(reader, data), *covered_signatures(shown))
    return tuple(dict.fromkeys(found))


def covered_signatures(shown: Sequence[Shown]) -> Iterator[Reason]:
    """Name the signatures that stand over most of an earlier one.

    Args:
        shown: in the order of signing.
    """
    for number, later in enumerate(shown):
        if any(_covers(later, earlier) for earlier in shown[:number]):
            yield Reason(ErrorCode.SIGNATURE_COVERED, later.field)


def _of_content(reader: PdfFileReader, data: bytes) -> Iterator[Reason]:
    if "/OCProperties" in reader.root:
        yield Reason(ErrorCode.CONTENT_LAYERED)
    try:
        for name in active_names(reader, data):
            attached = name in _ATTACHED
            code = ErrorCode.CONTENT_ATTACHED if attached else ErrorCode.CONTENT_ACTIVE
            yield Reason(code, name)
    except SigningError as error:
        yield Reason(error.code, error.place)


def _shown(field: SignatureField) -> Shown:
    widget = field.field
    if "/Rect" not in widget and "/Kids" in widget:
        widget = widget["/Kids"][0]
    page = widget.raw_get("/P") if "/P" in widget else None
    left, lower, right, upper = map(float, widget["/Rect"])
    box = (min(left, right), min(lower, upper), max(left, right), max(lower, upper))
    return Shown(field.name, getattr(page, "idnum", None), box)


def _covers(later: Shown, earlier: Shown) -> bool:
    left, lower, right, upper = earlier.box
    area = (right - left) * (upper - lower)
    if later.page != earlier.page or not area:
        return False
    wide = min(right, later.box[2]) - max(left, later.box[0])
    high = min(upper, later.box[3]) - max(lower, later.box[1])
    return wide > 0 and high > 0 and wide * high > MOST_COVERED * area
