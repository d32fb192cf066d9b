"""What later revisions changed after a signature (ISO 32000-2 clause 12.8.2.2).

pyHanko compares every later revision with the signed one; everything a later revision
writes must be explained by a rule. The rules here are narrower than its own: archive
updates, and adding signatures. Form filling is a change of content.
"""

from collections.abc import Iterable, Iterator

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
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from schemas.verdict import Modifications
from signing.validation.limits import MAX_PAGE_REVISIONS

_SIGNATURE_FIELD_KEYS = frozenset(
    {
        *("/Type", "/Subtype", "/FT", "/T", "/TU", "/F", "/Ff", "/P", "/Rect", "/V"),
        *("/AP", "/AS", "/Kids", "/Parent", "/MK", "/DA", "/Border", "/BS"),
        *("/Lock", "/SV", "/StructParent"),
    }
)
"""Without actions (/A, /AA): a field that does something is no mere signature."""


class NewSignatureFieldRule(FieldMDPRule):
    """What is new in a form must be a signature, and do nothing else.

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


def modifications_after(
    reader: PdfFileReader, signature: EmbeddedPdfSignature
) -> Modifications:
    """Tell what the revisions after `signature` changed.

    Raises:
        Exception: whatever a malformed later revision makes pyHanko raise.
    """
    later = reader.total_revisions - 1 - signature.signed_revision
    if not later:
        return Modifications.NONE
    if _page_count(reader) * later > MAX_PAGE_REVISIONS:
        return Modifications.NOT_ASSESSED
    allowed = _level(reader, signature, POLICY)
    if allowed in _ALLOWED:
        return _ALLOWED[allowed]
    filled = _level(reader, signature, DEFAULT_DIFF_POLICY)
    if filled is ModificationLevel.FORM_FILLING:
        return Modifications.FORM_FILLING
    return Modifications.OTHER


def _level(
    reader: PdfFileReader, signature: EmbeddedPdfSignature, policy: DiffPolicy
) -> ModificationLevel:
    """Return the level of the changes, also held against the signer's own limits."""
    certified = signature.docmdp_level
    result = policy.review_file(
        reader,
        signature.signed_revision,
        field_mdp_spec=signature.fieldmdp,
        doc_mdp=certified,
    )
    if not isinstance(result, DiffResult):
        return ModificationLevel.OTHER
    level = result.modification_level
    if certified is not None and level.value > certified.value:
        return ModificationLevel.OTHER
    return level


def _page_count(reader: PdfFileReader) -> int:
    """Return how many pages the file claims; a liar meets the limits of the worker."""
    return max(1, int(reader.root["/Pages"]["/Count"]))


def _require_mere_signature(name: str, field: generic.DictionaryObject) -> None:
    for part in _with_widgets(field):
        more = part.keys() - _SIGNATURE_FIELD_KEYS
        if more:
            raise SuspiciousModification(f"field {name} also has {sorted(more)}")
    if is_field_visible(field) and "/V" not in field:
        raise SuspiciousModification(f"field {name} is visible and not signed")


def _with_widgets(
    field: generic.DictionaryObject,
) -> Iterator[generic.DictionaryObject]:
    yield field
    if "/Kids" in field:
        yield from (kid.get_object() for kid in field["/Kids"])
