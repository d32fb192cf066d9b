"""Shadow attacks by values that the library takes for equal, however spelled.

The author prepares a page that signing leaves as it is. Later it lists one more unseen
field, and so may be written again: the library spells its own way what it read.
"""

from unittest.mock import patch

from pyhanko.pdf_utils import generic

from schemas.errors import ErrorCode
from signing.pades.kept_spelling import library_name
from tests.support.attacks.model import FAILED, Register, Row
from tests.support.attacks.shadows import signed_by_a_person, stream
from tests.support.later_revisions import revised, unseen_field

ATTACKS = Register()
_MODIFIED = (FAILED, ErrorCode.MODIFIED_AFTER_SIGNING)
_FIELD, _FORM, _CONTENT, _GLYPHS = 4, 5, 6, 7
_TEXT = "BT /F 9 Tf (0) Tj ET"
_UNSEEN = "/Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 /P 3 0 R"


def _written_again(content: str, entries: str, glyphs: str = "null") -> bytes:
    """Sign a page that holds these, and have it list a further field.

    Args:
        content: what it shows.
        entries: further ones of the page.
        glyphs: those of a font, an object of its own.
    """
    objects = {
        _FIELD: f"<< /FT /Sig /T (person) {_UNSEEN} >>",
        _FORM: f"<< /Fields [{_FIELD} 0 R] /SigFlags 3 >>",
        _CONTENT: stream(content),
        _GLYPHS: glyphs,
    }
    page = f"/Annots [{_FIELD} 0 R] /Contents {_CONTENT} 0 R"
    form = f"/AcroForm {_FORM} 0 R"
    signed = signed_by_a_person(objects, f"{page} {entries}", form)
    with patch.object(generic, "_decode_name", library_name):
        return revised(signed, unseen_field)


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "the name of a glyph in an encoding changes from Latin-1 to UTF-8",
)
def shadow_glyph_in_another_encoding() -> bytes:
    encoding = "/Encoding << /Differences [48 /g#E9] >>"
    font = f"<< /Subtype /Type3 /CharProcs {_GLYPHS} 0 R {encoding} >>"
    glyphs = "<< /g#C3#A9 6 0 R >>"
    return _written_again(_TEXT, f"/Resources << /Font << /F {font} >> >>", glyphs)


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "a font, called by its Latin-1 name where text is shown, is called by it in UTF-8",
)
def shadow_font_in_another_encoding() -> bytes:
    font = "<< /Subtype /Type1 /BaseFont /Helvetica >>"
    shown = "BT /F#E9 9 Tf (0) Tj ET"
    return _written_again(shown, f"/Resources << /Font << /F#E9 {font} >> >>")


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "the colours of a palette, a string, change from UTF-16 to one octet each",
)
def shadow_string_in_another_encoding() -> bytes:
    palette = "[/Indexed /DeviceRGB 2 <FEFF00200020002000200020002000FF>]"
    # A name of the author's choice, under which else a text stands.
    spaces = f"/Resources << /ColorSpace << /T {palette} >> >>"
    return _written_again("/T cs 1 sc 9 9 9 9 re f", spaces)


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "a real number in the encoding of a font becomes an integer",
)
def shadow_real_number_becomes_an_integer() -> bytes:
    encoding = "/Encoding << /Differences [48.0 /nine] >>"
    font = f"<< /Subtype /Type1 /BaseFont /Helvetica {encoding} >>"
    return _written_again(_TEXT, f"/Resources << /Font << /F {font} >> >>")


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "a page turns, since its rotation is an integer now",
)
def shadow_rotation_becomes_an_integer() -> bytes:
    return _written_again(_TEXT, "/Rotate 90.0")
