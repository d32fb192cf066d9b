"""From a request and a document to the field and the drawing of one signature."""

from collections.abc import Sequence

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.appearance import Appearance
from signing.pades.image import read_image
from signing.pades.intake import ExistingSignature
from signing.pades.page import Spot, placement_of_widget, spot_of, spot_of_widget
from signing.pades.request import SignRequest
from signing.pades.revision import RevisionPlan
from signing.pades.typeface import typeface
from signing.profiles import ROLES, Placement, SignerRole, seal_rectangle

# What a form's author demands or locks is not interpreted (ISO 32000-2 12.7.5.5).
_CONDITIONS = ("/SV", "/Lock")


def plan_revision(
    reader: PdfFileReader,
    request: SignRequest,
    existing: Sequence[ExistingSignature],
) -> RevisionPlan:
    """Decide field, rectangle and drawing.

    Raises:
        SigningError: PLACEMENT_INVALID, IMAGE_INVALID, GLYPH_MISSING,
            PDF_SIGNING_FORBIDDEN, PDF_MALFORMED.
    """
    role = ROLES[request.role]
    name = request.field_name or role.field_name
    spot = _spot(reader, request, name, existing)
    field = SigFieldSpec(
        name,
        on_page=spot.page - 1 if spot else 0,
        # Annotated with whole numbers, written as real ones.
        box=spot.box.corners if spot else None,  # type: ignore[arg-type]
        readable_field_name=role.label,
    )
    drawing = _drawing(request, spot) if spot and request.is_visible else None
    return RevisionPlan(field=field, appearance=drawing, at=request.at)


def _spot(
    reader: PdfFileReader,
    request: SignRequest,
    name: str,
    existing: Sequence[ExistingSignature],
) -> Spot | None:
    """Return where the signature shows, None for an invisible one."""
    widget = _empty_widget(reader, name)
    if widget is not None:
        return _spot_in_field(reader, request, name, widget)
    if request.field_name is not None:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place=name)
    if not request.is_visible:
        if request.placement is not None:
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="nothing to show")
        return None
    placement = request.placement or _default_placement(reader, request, existing)
    return spot_of(reader, placement)


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
    reader: PdfFileReader,
    request: SignRequest,
    name: str,
    widget: generic.DictionaryObject,
) -> Spot | None:
    """Keep to the rectangle that the form gives the field."""
    if request.placement is not None:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place=name)
    return spot_of_widget(reader, widget) if request.is_visible else None


def _default_placement(
    reader: PdfFileReader, request: SignRequest, existing: Sequence[ExistingSignature]
) -> Placement:
    """Place the seal beside the latest personal signature that shows."""
    persons = [one for one in existing if one.role is SignerRole.PERSON]
    if request.role is not SignerRole.AGENCY_SEAL or not persons:
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="none given")
    return seal_rectangle(placement_of_widget(reader, persons[-1].widget))


def _drawing(request: SignRequest, spot: Spot) -> Appearance:
    ink = ROLES[request.role].ink
    width, height = spot.displayed_size
    appearance = Appearance(
        width=width,
        height=height,
        turned=spot.turned,
        image=read_image(request.image, ink) if request.image is not None else None,
        lines=tuple(typeface().set_line(line) for line in request.text_lines),
    )
    appearance.check()
    return appearance
