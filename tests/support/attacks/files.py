"""Attacks on the reader itself, and content that acts, hides or changes by itself."""

from collections.abc import Callable
from functools import partial

from pyhanko.sign.fields import SigSeedSubFilter

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import hostile_pdf as hostile
from tests.support.attacks.model import FAILED, PASSED, UNSURE, Register, Row
from tests.support.judged_pdf import AGENCY, PERSON
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed

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


_SCRIPT = "<< /S /JavaScript /JS (app.alert(1)) >>"
_FILES = "<< /EmbeddedFiles << /Names [] >> >>"


def _signed(catalog: str) -> bytes:
    """Sign a file that has this in its catalog."""
    source = small_pdf(catalog=catalog)
    return stock_signed(source, PERSON, "person", subfilter=SigSeedSubFilter.PADES)


for _name, _row, _catalog, _code, _how in (
    (
        "script",
        Row.ACTIVE,
        f"/OpenAction {_SCRIPT}",
        ErrorCode.CONTENT_ACTIVE,
        "a script that runs on opening, there before signing",
    ),
    (
        "launch",
        Row.ACTIVE,
        "/OpenAction << /S /Launch /F (tep.exe) >>",
        ErrorCode.CONTENT_ACTIVE,
        "a program to be started, there before signing",
    ),
    (
        "external-reference",
        Row.ACTIVE,
        "/OpenAction << /S /GoToR /F (tep.pdf) /D [0 /Fit] >>",
        ErrorCode.CONTENT_ACTIVE,
        "another file to be opened, there before signing",
    ),
    (
        "attachment",
        Row.ACTIVE,
        f"/Names {_FILES}",
        ErrorCode.CONTENT_ATTACHED,
        "attached files, there before signing",
    ),
    (
        "layers",
        Row.LAYERS,
        "/OCProperties << /OCGs [] /D << >> >>",
        ErrorCode.CONTENT_LAYERED,
        "layers, there before signing: told, not refused",
    ),
):
    ATTACKS.put(
        f"signed-with-{_name}", partial(_signed, _catalog), _row, PASSED, _code, _how
    )


@ATTACKS.add(
    Row.SECOND_SIGNATURE,
    PASSED,
    ErrorCode.SIGNATURE_COVERED,
    "a signature over most of an earlier one: told, not refused",
)
def signature_over_signature() -> bytes:
    source, pades = small_pdf(), SigSeedSubFilter.PADES
    box = (100, 100, 200, 150)
    first = stock_signed(source, PERSON, "person", subfilter=pades, box=box)
    return stock_signed(first, AGENCY, "other", subfilter=pades, box=box)
