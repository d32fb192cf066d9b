"""What later revisions changed after a signature (ISO 32000-2 clause 12.8.2.2).

pyHanko compares every later revision with the signed one; everything a later revision
writes must be explained by a rule. The rules here are narrower than its own: archive
updates, and adding signatures. Form filling is a change of content.
"""

from typing import Any, Protocol

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DiffPolicy,
    DiffResult,
    ModificationLevel,
)
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from schemas.verdict import Modifications
from signing.validation.change_policy import POLICY, WIDER_POLICY
from signing.validation.changed_pages import SignedRevision
from signing.validation.limits import MAX_COMPARISON_STEPS
from signing.validation.object_graph import ObjectGraph
from signing.validation.work import BudgetExceeded, Work

_ALLOWED = {
    ModificationLevel.NONE: Modifications.NONE,
    ModificationLevel.LTA_UPDATES: Modifications.LTA,
    ModificationLevel.FORM_FILLING: Modifications.SIGNATURE,
}


class Signed(Protocol):
    """What the comparison has to know of a signature."""

    @property
    def reference(self) -> generic.Reference:
        """Of the signature dictionary."""

    @property
    def field(self) -> generic.DictionaryObject:
        """The field's own dictionary."""

    @property
    def revision(self) -> int:
        """The one signed."""


_STEPS_FOR_REVISION = 2_000
"""Comparing one small revision with the signed one."""


class Comparison:
    """Compares the revisions of one file, for one signature after the other.

    All of it together may take so much work; what that does not suffice for is not
    assessed, and neither is whatever comes after.

    Args:
        reader: of the file.
    """

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._work = Work(MAX_COMPARISON_STEPS)
        self._graph = ObjectGraph(reader, self._work)

    def modifications_after(self, signed: Signed) -> Modifications:
        """Tell what the revisions after the signature in `signed` changed.

        Raises:
            Exception: whatever a malformed later revision makes pyHanko raise.
        """
        later = self._reader.total_revisions - 1 - signed.revision
        if not later:
            return Modifications.NONE
        try:
            self._work.spend(later * _STEPS_FOR_REVISION)
            return self._assessed(signed)
        except BudgetExceeded:
            return Modifications.NOT_ASSESSED

    def _assessed(self, signed: Signed) -> Modifications:
        base = SignedRevision(self._reader, signed.revision, self._graph)
        allowed = _level(base, signed, POLICY)
        if allowed in _ALLOWED:
            return _ALLOWED[allowed]
        filled = _level(base, signed, WIDER_POLICY)
        if filled is ModificationLevel.FORM_FILLING:
            return Modifications.FORM_FILLING
        return Modifications.OTHER


def _level(
    base: SignedRevision, signed: Signed, policy: DiffPolicy
) -> ModificationLevel:
    """Return the level of the changes, also held against the signer's own limits."""
    certified = _certified(signed)
    result = policy.review_file(
        base.reader,
        base,
        field_mdp_spec=_locked_fields(signed),
        doc_mdp=certified,
    )
    if not isinstance(result, DiffResult):
        return ModificationLevel.OTHER
    level = result.modification_level
    if certified is not None and level.value > certified.value:
        return ModificationLevel.OTHER
    return level


def _certified(signed: Signed) -> MDPPerm | None:
    """Return what a certification permits (ISO 32000-2 12.8.2.2), None without one."""
    parameters = _parameters(signed, "/DocMDP")
    if parameters is None and "/Lock" in signed.field:
        parameters = signed.field["/Lock"]
    if parameters is None or "/P" not in parameters:
        return None
    return MDPPerm(parameters["/P"])


def _locked_fields(signed: Signed) -> FieldMDPSpec | None:
    """Return which fields the signature locks (ISO 32000-2 12.8.2.4)."""
    parameters = _parameters(signed, "/FieldMDP")
    return FieldMDPSpec.from_pdf_object(parameters) if parameters is not None else None


def _parameters(signed: Signed, method: str) -> Any | None:
    dictionary: Any = signed.reference.get_object()
    if "/Reference" not in dictionary:
        return None
    for entry in dictionary["/Reference"]:
        reference = entry.get_object()
        if reference["/TransformMethod"] == method:
            return reference["/TransformParams"]
    return None
