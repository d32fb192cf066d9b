"""Attacks by what a file shows: over signed content, in place of others, in layers."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.layout import (
    AxisAlignment,
    BoxConstraints,
    SimpleBoxLayoutRule,
)
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.stamp import BaseStampStyle, StaticStampStyle

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import later_revisions as later
from tests.support.attacks.model import FAILED, UNSURE, Register, Row
from tests.support.draft_pdf import Printed, draft_pdf
from tests.support.judged_pdf import AGENCY, PERSON, sealed
from tests.support.later_revisions import dictionary, revised
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed, time_stamped

ATTACKS = Register()
_PADES = SigSeedSubFilter.PADES
_MIDDLE = AxisAlignment.ALIGN_MID
_SUM = Printed(100, 600, "Số tiền: 1.000.000 đồng")
_OVER_THE_SUM = (140, 590, 240, 620)
_APART = (300, 100, 400, 130)
_TWO_PAGES = "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>"
_FILLED = b"%s rg 0 0 100 30 re f"


def drawn(content: bytes) -> StaticStampStyle:
    """Show this, drawn in 100 by 30 points."""
    return StaticStampStyle(
        border_width=0,
        background=RawContent(content, box=BoxConstraints(100, 30)),
        background_opacity=1,
        background_layout=SimpleBoxLayoutRule(_MIDDLE, _MIDDLE),
    )


def over_the_sum(content: bytes, *, turned: int = 0, crop: str = "") -> bytes:
    """Show this over the sum that a person signed, on a page turned and cropped."""
    source = draft_pdf(_SUM, turned=turned, crop=crop)
    first = stock_signed(source, PERSON, "person", subfilter=_PADES)
    return stock_signed(
        *(first, AGENCY, "other"),
        subfilter=_PADES,
        box=_OVER_THE_SUM,
        style=drawn(content),
    )


for _name, _colour in (("white", b"1 1 1"), ("red", b"0.8 0 0")):
    ATTACKS.put(
        f"signature-hides-in-{_name}",
        partial(over_the_sum, _FILLED % _colour),
        Row.SECOND_SIGNATURE,
        UNSURE,
        ErrorCode.CONTENT_COVERED,
        f"a later signature, all {_name}, over a sum of money",
    )


@ATTACKS.add(
    Row.SECOND_SIGNATURE,
    UNSURE,
    ErrorCode.CONTENT_COVERED,
    "a field prepared on two pages, filled after the first signature",
)
def signature_hides_on_another_page() -> bytes:
    text = "BT /F 20 Tf 300 110 Td (1.000.000) Tj ET"
    fonts = "<< /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (other) /F 132 /P 3 0 R"
        f" /Rect [{' '.join(map(str, _APART))}] >>"
    )
    objects = {
        2: _TWO_PAGES,
        4: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        f" /Resources << /Font {fonts} >> /Annots [6 0 R] >>",
        5: f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        6: field,
    }
    source = small_pdf(
        objects,
        catalog="/AcroForm << /Fields [6 0 R] /SigFlags 3 >>",
        page="/Annots [6 0 R]",
    )
    first = stock_signed(source, PERSON, "person", subfilter=_PADES)
    white = drawn(_FILLED % b"1 1 1")
    return stock_signed(first, AGENCY, "other", subfilter=_PADES, style=white)


def _signed_twice(second: tuple[int, int, int, int], style: BaseStampStyle) -> bytes:
    first = stock_signed(
        small_pdf(), PERSON, "person", subfilter=_PADES, box=(100, 100, 200, 150)
    )
    return stock_signed(
        first, AGENCY, "other", subfilter=_PADES, box=second, style=style
    )


@ATTACKS.add(
    Row.SECOND_SIGNATURE,
    UNSURE,
    ErrorCode.SIGNATURE_COVERED,
    "a signature over most of an earlier one",
)
def signature_over_signature() -> bytes:
    return _signed_twice((100, 100, 200, 150), drawn(b"0 0 m 100 30 l S"))


@dataclass(frozen=True)
class _Borrowed(BaseStampStyle):
    """Shows what the first signature shows."""

    def create_stamp(self, writer: Any, box: Any, text_params: Any) -> Any:
        """Return what puts it there."""
        field = writer.root["/AcroForm"]["/Fields"][0]
        return _Borrowing(dictionary(N=field["/AP"].raw_get("/N")))


@dataclass(frozen=True)
class _Borrowing:
    shown: DictionaryObject

    def apply_appearance(self, widget: DictionaryObject) -> None:
        """Use the drawing of another field."""
        widget["/AP"] = self.shown


@ATTACKS.add(
    Row.REUSED,
    UNSURE,
    ErrorCode.APPEARANCE_SHARED,
    "a signature that shows the drawing of another",
)
def reused_drawing() -> bytes:
    return _signed_twice(_APART, _Borrowed())


for _odd in later.ODD_RECTANGLES:
    ATTACKS.put(
        f"field-with-{_odd.__name__}",
        partial(revised, sealed(), later.field_of(_odd)),
        Row.SECOND_SIGNATURE,
        FAILED,
        ErrorCode.MODIFIED_AFTER_SIGNING,
        f"an unsigned field over the page: {(_odd.__doc__ or '').split('.')[0]}",
    )


ATTACKS.put(
    "time-stamp-that-shows",
    lambda: time_stamped(sealed(), (60, 20, 380, 60)),
    Row.SECOND_SIGNATURE,
    FAILED,
    ErrorCode.MODIFIED_AFTER_SIGNING,
    "a document time stamp in a field that draws: nobody signed the drawing",
)

_SCRIPT = "<< /S /JavaScript /JS (app.alert(1)) >>"
_LAYER = "<< /Type /OCG /Name (an) >>"
_LAYERS = "/OCProperties << /OCGs [4 0 R] /D << {} >> >>"


def signed(
    catalog: str, objects: dict[int, str] | None = None, page: str = ""
) -> bytes:
    """Sign a file that has this in its catalog."""
    source = small_pdf(objects or {}, catalog=catalog, page=page)
    return stock_signed(source, PERSON, "person", subfilter=_PADES)


def _put(name: str, row: Row, code: ErrorCode, how: str, *what: Any) -> None:
    expected: tuple[Indication, ErrorCode] = (UNSURE, code)
    ATTACKS.put(f"signed-with-{name}", partial(signed, *what), row, *expected, how)


for _name, _catalog, _how in (
    ("script", f"/OpenAction {_SCRIPT}", "a script that runs on opening"),
    (
        "launch",
        "/OpenAction << /S /Launch /F (tep.exe) >>",
        "a program that is started on opening",
    ),
    (
        "external-reference",
        "/OpenAction << /S /GoToR /F (tep.pdf) /D [0 /Fit] >>",
        "another file that is opened",
    ),
    (
        "script-in-names",
        f"/Names << /JavaScript << /Names [(a) {_SCRIPT}] >> >>",
        "a script for the whole document",
    ),
    (
        "closing-action",
        f"/AA << /WC {_SCRIPT} >>",
        "a script that runs on closing",
    ),
    (
        "dynamic-form",
        "/AcroForm << /Fields [] /XFA (xml) >>",
        "a form that builds itself (XFA)",
    ),
):
    _row = Row.LAYERS if _name == "dynamic-form" else Row.ACTIVE
    _put(
        _name, _row, ErrorCode.CONTENT_ACTIVE, f"{_how}, there before signing", _catalog
    )

_put(
    "script-of-a-page",
    Row.ACTIVE,
    ErrorCode.CONTENT_ACTIVE,
    "a script that runs when a page shows, there before signing",
    *("", {}, f"/AA << /O {_SCRIPT} >>"),
)

_put(
    *("action-that-is-an-object", Row.ACTIVE, ErrorCode.CONTENT_ACTIVE),
    "the kind of an action is an object of its own, there before signing",
    *("/OpenAction << /S 4 0 R /F (tep.exe) >>", {4: "/Launch"}),
)
_put(
    *("annotation-that-is-an-object", Row.ACTIVE, ErrorCode.CONTENT_ACTIVE),
    "the kind of an annotation is an object of its own, there before signing",
    *("", {4: "/Screen", 5: "<< /Subtype 4 0 R /Rect [0 0 9 9] >>"}, "/Annots [5 0 R]"),
)
_put(
    *("script-of-a-parent", Row.ACTIVE, ErrorCode.CONTENT_ACTIVE),
    "a script in the field of which a page shows a part, there before signing",
    "/AcroForm << /Fields [] >>",
    {
        4: "<< /Subtype /Widget /Rect [0 0 9 9] /Parent 5 0 R >>",
        5: f"<< /T (a) /FT /Tx /AA << /F {_SCRIPT} >> >>",
    },
    "/Annots [4 0 R]",
)

for _name, _state, _how in (
    ("layers", "", "a layer that a click may hide"),
    ("hidden-layer", "/OFF [4 0 R]", "a layer that is hidden"),
    (
        "layer-for-print",
        "/AS [<< /Event /Print /OCGs [4 0 R] /Category [/Print] >>]",
        "a layer that shows on screen or on paper",
    ),
):
    _put(
        _name,
        Row.LAYERS,
        ErrorCode.CONTENT_LAYERED,
        f"{_how}, there before signing",
        _LAYERS.format(_state),
        {4: _LAYER},
    )

_MALFORMED = (FAILED, ErrorCode.PDF_MALFORMED)
_KIDS = "<< /Type /Pages /Count 1 /Kids [{}] /Parent 2 0 R >>"
for _name, _node, _how in (
    (
        "page-tree",
        _KIDS.format("2 0 R"),
        "pages below themselves",
    ),
    (
        "page-twice",
        _KIDS.format("3 0 R"),
        "one page in two places",
    ),
):
    ATTACKS.put(
        f"loop-signed-{_name}",
        partial(
            lambda node: stock_signed(
                small_pdf({2: _TWO_PAGES, 4: node}), PERSON, "person", subfilter=_PADES
            ),
            _node,
        ),
        Row.LOOP,
        *_MALFORMED,
        f"{_how}, signed",
    )


@ATTACKS.add(Row.LOOP, *_MALFORMED, "a page of another parent, signed")
def loop_signed_parent() -> bytes:
    source = small_pdf().replace(b"/Parent 2 0 R", b"/Parent 3 0 R")
    return stock_signed(source, PERSON, "person", subfilter=_PADES)
