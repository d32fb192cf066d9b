"""Which later changes a signature outlives (ISO 32000-2 clause 12.8.2.2).

Narrower than pyHanko's own rules: archive updates, and adding signatures. Form filling
is a change of content. Judging a file and signing it once more go by the same policy.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
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

from signing.errors import SigningError
from signing.validation.catalog_rule import CatalogRule
from signing.validation.changed_pages import ChangedPagesRule
from signing.validation.form_rule import NarrowFormRule
from signing.validation.rectangles import Box, box_of, is_of_signature_size
from signing.validation.rewritten import RewrittenRule

_SIGNATURE_FIELD_KEYS = frozenset(
    {
        *("/Type", "/Subtype", "/FT", "/T", "/TU", "/F", "/Ff", "/P", "/Rect", "/V"),
        *("/AP", "/AS", "/Kids", "/Parent", "/MK", "/DA", "/Border", "/BS"),
        *("/Lock", "/SV", "/StructParent"),
    }
)
"""Without actions (/A, /AA): a field that does something is no mere signature."""


_HIDDEN = 2 | 32
"""Hidden, NoView (ISO 32000-2 Table 167)."""


class NewSignatureFieldRule(FieldMDPRule):
    """What is new in a form must be a signature of its size, and do nothing else.

    An unsigned visible field would let anyone without a key draw on a page, and so
    would a time stamp that shows: whoever asks an authority gets one.
    """

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Approve nothing; refuse new fields that are more than a signature.

        Raises:
            SuspiciousModification: such a field, or a time stamp that shows.
        """
        _require_names(context)
        for name, spec in context.field_specs.items():
            old, new = spec.old_field, spec.new_field
            if new is None:
                continue
            if old is not None and spec.old_field_ref != spec.new_field_ref:
                raise SuspiciousModification(f"field {name} is another object")
            if old is None or (_is_hidden(old) and not _is_hidden(new)):
                _require_mere_signature(name, new)
            if old is None or "/V" not in old:
                _require_signer_of_drawing(name, new)
                _require_size_if_signed(name, new)
        return ()


_FORM_RULES = NarrowFormRule(
    field_rules=[
        NewSignatureFieldRule(),
        ChangedPagesRule(),
        SigFieldModificationRule(allow_in_place_appearance_stream_changes=False),
    ],
    ignored_acroform_keys=frozenset({"/Fields"}),
)

POLICY = StandardDiffPolicy(
    global_rules=[
        RewrittenRule(),
        CatalogRule(),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
        MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=_FORM_RULES,
)
"""Archive updates and added signatures; with it, FORM_FILLING means a signature.

Its rules know all uses of an object by a `SignedRevision` alone."""

WIDER_POLICY = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            ChangedPagesRule(),
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ],
    ),
)
"""The library's own, which tells a filled form from any other change."""


def _require_names(context: FieldComparisonContext) -> None:
    """Refuse what is new in the form and has no name: the library passes over it."""
    named = {spec.new_field_ref for spec in context.field_specs.values()}
    was, now = (_listed(one) for one in (context.old, context.new))
    if now - was - named:
        raise SuspiciousModification("a field has no name")


def _listed(revision: HistoricalResolver) -> set[generic.Reference]:
    form: Any = revision.root["/AcroForm"]
    return {one.reference for one in form["/Fields"]} if "/Fields" in form else set()


def _require_mere_signature(name: str, field: generic.DictionaryObject) -> None:
    for part in _with_widgets(field):
        more = part.keys() - _SIGNATURE_FIELD_KEYS
        if more:
            raise SuspiciousModification(f"field {name} also has {sorted(more)}")
        # Others show without a rectangle, as notes do.
        if "/Subtype" in part and part["/Subtype"] != "/Widget":
            raise SuspiciousModification(f"field {name} is another annotation")
    if "/V" not in field and any(_shown(name, field)):
        raise SuspiciousModification(f"field {name} is visible and not signed")


def _require_size_if_signed(name: str, field: generic.DictionaryObject) -> None:
    """Refuse a signature all over a page, in a field that was prepared for it too.

    Before it is signed it shows nothing, so whoever signed earlier did not see it.
    """
    if "/V" not in field:
        return
    if not all(map(_is_of_signature_size, _shown(name, field))):
        raise SuspiciousModification(f"field {name} covers more than a signature")


def _is_hidden(field: generic.DictionaryObject) -> bool:
    flags = field.raw_get("/F").get_object() if "/F" in field else None
    return isinstance(flags, generic.NumberObject) and bool(flags & _HIDDEN)


def _require_signer_of_drawing(name: str, field: generic.DictionaryObject) -> None:
    """Refuse a time stamp that shows; /Sig is the default (ISO 32000-2 Table 255)."""
    if "/V" not in field or not any(_shown(name, field)):
        return
    value = field["/V"]
    if not isinstance(value, generic.DictionaryObject):
        raise SuspiciousModification(f"field {name} has another value")
    if "/Type" in value and value["/Type"] != "/Sig":
        raise SuspiciousModification(f"field {name} shows and nobody signed it")


def _shown(name: str, field: generic.DictionaryObject) -> Iterator[Box]:
    """Give where a field shows; what draws must say where."""
    for part in _with_widgets(field):
        try:
            box = box_of(part)
        except SigningError as error:
            raise SuspiciousModification(f"field {name} stands anywhere") from error
        if box is None and "/AP" in part:
            raise SuspiciousModification(f"field {name} draws and stands nowhere")
        if box is not None and _takes_room(box):
            yield box


def _takes_room(box: Box) -> bool:
    """Tell whether anything may show; what is a line may be drawn as one."""
    left, lower, right, upper = box
    return right > left or upper > lower


def _is_of_signature_size(box: Box) -> bool:
    left, lower, right, upper = box
    return is_of_signature_size(right - left, upper - lower)


def _with_widgets(
    field: generic.DictionaryObject,
) -> Iterator[generic.DictionaryObject]:
    yield field
    if "/Kids" in field:
        yield from (kid.get_object() for kid in field["/Kids"])
