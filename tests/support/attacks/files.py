"""Attacks on the reader itself: bombs and loops."""

from collections.abc import Callable
from functools import partial

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import hostile_pdf as hostile
from tests.support.attacks.model import FAILED, UNSURE, Register, Row

ATTACKS = Register()
_MALFORMED = ErrorCode.PDF_MALFORMED


def _put(
    name: str,
    row: Row,
    build: Callable[[], bytes],
    expected: tuple[Indication, ErrorCode],
    how: str,
) -> None:
    ATTACKS.put(name, build, row, *expected, how)


_BROKEN = (FAILED, _MALFORMED)
_LIMITED = (UNSURE, ErrorCode.LIMIT_EXCEEDED)
_UNSIGNED = (UNSURE, ErrorCode.NOT_SIGNED)
for _name, _row, _build, _expected, _how in (
    (
        "bomb-sections",
        Row.BOMB,
        partial(hostile.cross_reference_bomb, 20),
        _BROKEN,
        "a section that unpacks to millions of entries",
    ),
    (
        "bomb-object-stream",
        Row.BOMB,
        hostile.object_stream_bomb,
        _BROKEN,
        "an object stream of 100 MB of blanks",
    ),
    (
        "bomb-long-string",
        Row.BOMB,
        hostile.long_string,
        _UNSIGNED,
        "a string of 8 MB in the catalog",
    ),
    (
        "bomb-claimed-entries",
        Row.BOMB,
        hostile.claimed_entries,
        _BROKEN,
        "a section that claims 2,000,000,000 entries",
    ),
    (
        "loop-references",
        Row.LOOP,
        hostile.reference_loop,
        _BROKEN,
        "a value that refers to itself",
    ),
    (
        "loop-pages",
        Row.LOOP,
        partial(hostile.deep_page_tree, 3000),
        _UNSIGNED,
        "pages 3,000 deep",
    ),
    (
        "loop-fields",
        Row.LOOP,
        hostile.field_loop,
        _BROKEN,
        "fields that are their own children",
    ),
    (
        "loop-shared-fields",
        Row.LOOP,
        hostile.shared_fields,
        _BROKEN,
        "fields that double at every level",
    ),
    (
        "loop-sections",
        Row.LOOP,
        hostile.startxref_loop,
        _BROKEN,
        "a section that is its own predecessor",
    ),
    ("deep-array", Row.LOOP, hostile.deep_array, _BROKEN, "arrays 20,000 deep"),
):
    _put(_name, _row, _build, _expected, _how)
