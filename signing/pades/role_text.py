"""The text that a role shows of its own (Decree 30/2020/NĐ-CP Annex I)."""

from cryptography.x509 import Certificate

from pki.names import common_name
from schemas.errors import ErrorCode
from schemas.timestamps import VIETNAM
from signing.errors import SigningError
from signing.pades.appearance import LEADING, TEXT_SIZE, PlacedText
from signing.pades.number_place import Filling, fillings
from signing.pades.request import Particulars, SignRequest
from signing.pades.typeface import SetLine, typeface
from signing.profiles import Placement, SignerRole

NUMBER_SIZE = 13
"""Annex I: number and notation are set in 13 point, the date in 13 or 14."""

_LEAST_NUMBER_SIZE = 9


def role_lines(request: SignRequest, certificate: Certificate) -> tuple[SetLine, ...]:
    """Return the lines of an annex or a copy, of other roles those asked for.

    Raises:
        SigningError: GLYPH_MISSING.
    """
    known = request.particulars
    # ISO 8601 with the offset of Vietnam, to the second.
    moment = request.at.astimezone(VIETNAM).isoformat(timespec="seconds")
    texts = request.text_lines
    if request.role is SignerRole.ANNEX:
        texts = (known.number.strip(), moment)
    elif request.role is SignerRole.COPY and known.copy_form:
        texts = (known.copy_form.label, common_name(certificate), moment)
    return tuple(typeface().set_line(text) for text in texts)


def size_of(lines: tuple[SetLine, ...]) -> tuple[float, float]:
    """Return width and height of lines as they are drawn, in points."""
    return max(line.width(TEXT_SIZE) for line in lines), len(lines) * LEADING


def number_drawing(wanted: Particulars) -> tuple[Placement, tuple[PlacedText, ...]]:
    """Return where number and date go, and their text from there.

    Raises:
        SigningError: NUMBER_PLACE_NOT_FOUND, NUMBER_DIFFERS, GLYPH_MISSING.
    """
    texts = [_placed(one) for one in fillings(wanted)]
    face = typeface()
    left = min(one.x for one in texts)
    right = max(one.x + one.line.width(one.size) for one in texts)
    lower = min(one.y + face.descent * one.size / 1000 for one in texts)
    upper = max(one.y + face.ascent * one.size / 1000 for one in texts)
    place = Placement(1, left, lower, right - left, upper - lower)
    moved = (
        PlacedText(x=one.x - left, y=one.y - lower, size=one.size, line=one.line)
        for one in texts
    )
    return place, tuple(moved)


def _placed(filling: Filling) -> PlacedText:
    """Set one text in the middle of its blank, or at its left if it has no end."""
    line, blank = typeface().set_line(filling.text), filling.blank
    size, x = float(NUMBER_SIZE), blank.left
    if blank.right is not None:
        room = blank.right - blank.left
        size = min(size, NUMBER_SIZE * room / line.width(NUMBER_SIZE))
        x += (room - line.width(size)) / 2
    if size < _LEAST_NUMBER_SIZE:
        raise SigningError(ErrorCode.NUMBER_PLACE_NOT_FOUND, place="blank too narrow")
    return PlacedText(x=x, y=blank.baseline, size=size, line=line)
