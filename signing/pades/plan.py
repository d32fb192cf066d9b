"""From a request and a document to the field and the drawing of one signature."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields

from pki.names import common_name
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.anchors import overlapped, signer_place
from signing.pades.appearance import Appearance, PlacedText
from signing.pades.existing import ExistingSignature
from signing.pades.image import SignatureImage, read_image
from signing.pades.page import (
    Spot,
    page_size,
    placement_of_widget,
    spot_of,
    spot_of_widget,
)
from signing.pades.request import SignRequest
from signing.pades.revision import RevisionPlan
from signing.pades.role_text import number_drawing, role_lines, size_of
from signing.pades.typeface import SetLine
from signing.profiles import (
    ROLES,
    Placement,
    SignerRole,
    seal_rectangle,
    top_right_rectangle,
)
from signing.validation.rectangles import is_of_signature_size

# What a form's author demands or locks is not interpreted (ISO 32000-2 12.7.5.5).
_CONDITIONS = ("/SV", "/Lock")


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a signature is planned on.

    Args:
        lines: of the text that the role shows.
        existing: the signatures that are there.
        certificate: of who signs.
    """

    reader: PdfFileReader
    request: SignRequest
    lines: tuple[SetLine, ...]
    existing: Sequence[ExistingSignature]
    certificate: Certificate


def plan_revision(
    reader: PdfFileReader,
    request: SignRequest,
    existing: Sequence[ExistingSignature],
    certificate: Certificate,
) -> RevisionPlan:
    """Decide field, rectangle and drawing.

    Raises:
        SigningError: PLACEMENT_INVALID, SIGNER_BLOCK_NOT_FOUND, IMAGE_INVALID,
            NUMBER_PLACE_NOT_FOUND, NUMBER_DIFFERS, GLYPH_MISSING,
            PDF_SIGNING_FORBIDDEN, PDF_MALFORMED.
    """
    role = ROLES[request.role]
    lines = role_lines(request, certificate)
    ground = _Ground(reader, request, lines, existing, certificate)
    name = request.field_name or _empty_field_to_sign(ground) or role.field_name
    spot, placed = _spot(ground, name)
    _require_signature_size(ground, spot)
    field = SigFieldSpec(
        name,
        on_page=spot.page - 1 if spot else 0,
        # Annotated with whole numbers, written as real ones.
        box=spot.box.corners if spot else None,  # type: ignore[arg-type]
        readable_field_name=role.label,
    )
    drawing = _drawing(ground, spot, placed) if spot and request.is_visible else None
    return RevisionPlan(field=field, appearance=drawing, at=request.at)


def _require_signature_size(ground: _Ground, spot: Spot | None) -> None:
    """Refuse a rectangle that would break the signatures which are there (ADR 15)."""
    if spot and ground.existing and not is_of_signature_size(*spot.box.size):
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="over 120 x 80 mm")


def _empty_field_to_sign(ground: _Ground) -> str | None:
    """Return the one empty field that a form has for the person who signs it."""
    request = ground.request
    if request.role is not SignerRole.PERSON or not request.is_visible:
        return None
    if request.placement is not None:
        return None
    fields = enumerate_sig_fields(ground.reader, filled_status=False)
    empty = [name for name, *_ in fields]
    return str(empty[0]) if len(empty) == 1 else None


def _spot(ground: _Ground, name: str) -> tuple[Spot | None, tuple[PlacedText, ...]]:
    """Return where the signature shows, None for an invisible one; with its text."""
    reader, request = ground.reader, ground.request
    widget = _empty_widget(reader, name)
    if widget is not None and request.role is not SignerRole.NUMBER:
        return _spot_in_field(ground, name, widget), ()
    if request.field_name is not None or widget is not None:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place=name)
    if request.role is SignerRole.NUMBER:
        if request.placement is not None:
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="number")
        place, placed = number_drawing(request.particulars)
        return spot_of(reader, place), placed
    if not request.is_visible:
        if request.placement is not None:
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="nothing to show")
        return None, ()
    placement = request.placement or _PLACES[request.role](ground)
    return spot_of(reader, placement), ()


def _empty_widget(reader: PdfFileReader, name: str) -> generic.DictionaryObject | None:
    """Return the annotation of the document's own empty field `name`."""
    for _, value, reference in enumerate_sig_fields(reader, with_name=name):
        field = reference.get_object()
        if value is not None:
            raise SigningError(ErrorCode.ROLE_ALREADY_SIGNED, place=name)
        if any(key in field for key in _CONDITIONS):
            raise SigningError(ErrorCode.PDF_SIGNING_FORBIDDEN, place=name)
        widget: generic.DictionaryObject = get_single_field_annot(field)
        return widget
    return None


def _spot_in_field(
    ground: _Ground, name: str, widget: generic.DictionaryObject
) -> Spot | None:
    """Keep to the rectangle that the form gives the field."""
    if ground.request.placement is not None:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place=name)
    if not ground.request.is_visible:
        return None
    return spot_of_widget(ground.reader, widget)


def _place_of_person(ground: _Ground) -> Placement:
    """Find the signer's block by the text of the document."""
    known = ground.request.particulars
    if known.text is None:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="none given")
    name = known.signer_name or common_name(ground.certificate)
    return signer_place(known.text.lines, name)


def _place_of_seal(ground: _Ground) -> Placement:
    """Place the seal beside the latest personal signature, or where that would be."""
    persons = [one for one in ground.existing if one.role is SignerRole.PERSON]
    if not persons:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="none given")
    text = ground.request.particulars.text
    try:
        person = placement_of_widget(ground.reader, persons[-1].widget)
    except SigningError:
        if text is None:
            raise
        named = ground.request.particulars.signer_name
        name = named or common_name(persons[-1].certificate)
        person = signer_place(text.lines, name)
    return seal_rectangle(person)


def _place_in_corner(ground: _Ground) -> Placement:
    place = top_right_rectangle(page_size(ground.reader, 1), size_of(ground.lines))
    text = ground.request.particulars.text
    if text is not None and overlapped(place, text.lines):
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="corner is not free")
    return place


_PLACES = {
    SignerRole.PERSON: _place_of_person,
    SignerRole.AGENCY_SEAL: _place_of_seal,
    SignerRole.ANNEX: _place_in_corner,
    SignerRole.COPY: _place_in_corner,
}


def _drawing(ground: _Ground, spot: Spot, placed: tuple[PlacedText, ...]) -> Appearance:
    width, height = spot.displayed_size
    appearance = Appearance(
        width=width,
        height=height,
        turned=spot.turned,
        image=_image(ground.request),
        lines=ground.lines,
        placed=placed,
    )
    appearance.check()
    return appearance


def _image(request: SignRequest) -> SignatureImage | None:
    own = ROLES[request.role].image
    if own is None or request.image is None:
        return None
    return read_image(request.image, own.ink)
