"""What later revisions changed after a signature (ISO 32000-2 clause 12.8.2.2).

pyHanko compares every later revision with the signed one; everything a later revision
writes must be explained by a rule. The rules here are narrower than its own: archive
updates, and adding signatures. Form filling is a change of content.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    CatalogModificationRule,
    DiffPolicy,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.form_rules_api import (
    FieldComparisonContext,
    FieldMDPRule,
    FormUpdate,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import is_field_visible
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from schemas.verdict import Modifications
from signing.profiles import POINTS_PER_MM
from signing.validation.document import SignatureField
from signing.validation.limits import MAX_PAGE_REVISIONS

_SIGNATURE_FIELD_KEYS = frozenset(
    {
        *("/Type", "/Subtype", "/FT", "/T", "/TU", "/F", "/Ff", "/P", "/Rect", "/V"),
        *("/AP", "/AS", "/Kids", "/Parent", "/MK", "/DA", "/Border", "/BS"),
        *("/Lock", "/SV", "/StructParent"),
    }
)
"""Without actions (/A, /AA): a field that does something is no mere signature."""


_LARGEST_WIDTH, _LARGEST_HEIGHT = 120 * POINTS_PER_MM, 80 * POINTS_PER_MM
"""Of a new visible signature. Whoever may sign may draw inside it, over what is there:
twice the largest of Decree 30/2020 (50 mm) and some, and never a page."""


class NewSignatureFieldRule(FieldMDPRule):
    """What is new in a form must be a signature of its size, and do nothing else.

    An unsigned visible field would let anyone without a key draw on a page.
    """

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Approve nothing; refuse new fields that are more than a signature.

        Raises:
            SuspiciousModification: such a field.
        """
        for name, spec in context.field_specs.items():
            if spec.old_field_ref is None and spec.new_field is not None:
                _require_mere_signature(name, spec.new_field)
        return ()


_FORM_RULES = FormUpdatingRule(
    field_rules=[
        NewSignatureFieldRule(),
        SigFieldCreationRule(),
        SigFieldModificationRule(allow_in_place_appearance_stream_changes=False),
    ],
    ignored_acroform_keys=frozenset({"/Fields"}),
)

POLICY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
        MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=_FORM_RULES,
)
"""Archive updates and added signatures; with it, FORM_FILLING means a signature."""

_ALLOWED = {
    ModificationLevel.NONE: Modifications.NONE,
    ModificationLevel.LTA_UPDATES: Modifications.LTA,
    ModificationLevel.FORM_FILLING: Modifications.SIGNATURE,
}


def modifications_after(reader: PdfFileReader, signed: SignatureField) -> Modifications:
    """Tell what the revisions after the signature in `signed` changed.

    Raises:
        Exception: whatever a malformed later revision makes pyHanko raise.
    """
    later = reader.total_revisions - 1 - signed.revision
    if not later:
        return Modifications.NONE
    if _page_count(reader) * later > MAX_PAGE_REVISIONS:
        return Modifications.NOT_ASSESSED
    allowed = _level(reader, signed, POLICY)
    if allowed in _ALLOWED:
        return _ALLOWED[allowed]
    filled = _level(reader, signed, DEFAULT_DIFF_POLICY)
    if filled is ModificationLevel.FORM_FILLING:
        return Modifications.FORM_FILLING
    return Modifications.OTHER


def _level(
    reader: PdfFileReader, signed: SignatureField, policy: DiffPolicy
) -> ModificationLevel:
    """Return the level of the changes, also held against the signer's own limits."""
    certified = _certified(signed)
    result = policy.review_file(
        reader,
        signed.revision,
        field_mdp_spec=_locked_fields(signed),
        doc_mdp=certified,
    )
    if not isinstance(result, DiffResult):
        return ModificationLevel.OTHER
    level = result.modification_level
    if certified is not None and level.value > certified.value:
        return ModificationLevel.OTHER
    return level


def _certified(signed: SignatureField) -> MDPPerm | None:
    """Return what a certification permits (ISO 32000-2 12.8.2.2), None without one."""
    parameters = _parameters(signed, "/DocMDP")
    if parameters is None and "/Lock" in signed.field:
        parameters = signed.field["/Lock"]
    if parameters is None or "/P" not in parameters:
        return None
    return MDPPerm(parameters["/P"])


def _locked_fields(signed: SignatureField) -> FieldMDPSpec | None:
    """Return which fields the signature locks (ISO 32000-2 12.8.2.4)."""
    parameters = _parameters(signed, "/FieldMDP")
    return FieldMDPSpec.from_pdf_object(parameters) if parameters is not None else None


def _parameters(signed: SignatureField, method: str) -> Any | None:
    dictionary: Any = signed.reference.get_object()
    if "/Reference" not in dictionary:
        return None
    for entry in dictionary["/Reference"]:
        reference = entry.get_object()
        if reference["/TransformMethod"] == method:
            return reference["/TransformParams"]
    return None


def _page_count(reader: PdfFileReader) -> int:
    """Return how many pages the file claims; a liar meets the limits of the worker."""
    return max(1, int(reader.root["/Pages"]["/Count"]))


def _require_mere_signature(name: str, field: generic.DictionaryObject) -> None:
    for part in _with_widgets(field):
        more = part.keys() - _SIGNATURE_FIELD_KEYS
        if more:
            raise SuspiciousModification(f"field {name} also has {sorted(more)}")
    if not is_field_visible(field):
        return
    if "/V" not in field:
        raise SuspiciousModification(f"field {name} is visible and not signed")
    for part in _with_widgets(field):
        if "/Rect" in part and not _is_of_signature_size(part["/Rect"]):
            raise SuspiciousModification(f"field {name} covers more than a signature")


def _is_of_signature_size(rectangle: generic.ArrayObject) -> bool:
    """Tell whether a rectangle is no larger than signatures and seals are."""
    left, lower, right, upper = map(float, rectangle)
    width, height = abs(right - left), abs(upper - lower)
    return width <= _LARGEST_WIDTH and height <= _LARGEST_HEIGHT


def _with_widgets(
    field: generic.DictionaryObject,
) -> Iterator[generic.DictionaryObject]:
    yield field
    if "/Kids" in field:
        yield from (kid.get_object() for kid in field["/Kids"])
