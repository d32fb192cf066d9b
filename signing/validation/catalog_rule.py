"""What a later revision may write into the catalog (ISO 32000-2 clause 7.7.2).

The library lets some of its entries change, and clears the catalog whatever else uses
it: a page that takes the catalog for its dictionary of fonts shows what is put there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    ModificationLevel,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.rules_api import QualifiedWhitelistRule, ReferenceUpdate

from signing.validation.changed_pages import SignedRevision
from signing.validation.revision_objects import TRAILER, Key, Path, key_of

_OF_THE_TRAILER: Path = ("/Root",)
_OF_A_CHILD: Path = ("/Parent",)
_STRUCTURE, _OF_AN_ELEMENT = "/StructTreeRoot", "/P"
_VERSION, _SHAPED = "/Version", ("/MarkInfo", "/Extensions")
"""Entries that may change and that no other rule looks into."""

_PLAIN = (
    generic.NameObject,
    generic.NumberObject,
    generic.FloatObject,
    generic.BooleanObject,
    generic.TextStringObject,
    generic.ByteStringObject,
)


class CatalogRule(QualifiedWhitelistRule):
    """As the library's rule, for a catalog that is nothing but the catalog."""

    def __init__(self) -> None:
        self._library = CatalogModificationRule()

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        """Approve a catalog that differs as after an archive update or a signature.

        Raises:
            SuspiciousModification: another object is the catalog, something else uses
                it, or an entry that may change has another shape than it should.
        """
        if key_of(new.root_ref) != key_of(old.root_ref):
            raise SuspiciousModification("another object is the catalog")
        if not isinstance(old, SignedRevision) or any(_other_uses(old)):
            raise SuspiciousModification("the catalog is something else besides")
        _require_shapes(old.root, new.root)
        return self._library.apply_qualified(old, new)


def _other_uses(old: SignedRevision) -> Iterator[Key]:
    """Give the objects that refer to the catalog as to something else.

    A dictionary whose keys the author chose would show what is put under them. What
    names the catalog as its parent takes nothing from it, nor does the root of the
    structure; signatures name it as what they restrict (clause 12.8.2).
    """
    named = _named_uses(old)
    for source, path in old.graph.references_to(key_of(old.root_ref)):
        is_named = path == _OF_A_CHILD or (source, path) in named
        if not is_named and not _is_restricted(old, source, path):
            yield source


def _named_uses(old: SignedRevision) -> set[tuple[Key, Path]]:
    """Return where the catalog is named as such, or above the structure."""
    named: set[tuple[Key, Path]] = {(TRAILER, _OF_THE_TRAILER)}
    if _STRUCTURE in old.root:
        stated = old.root.raw_get(_STRUCTURE)
        if isinstance(stated, generic.IndirectObject):
            named.add((key_of(stated), (_OF_AN_ELEMENT,)))
        else:
            named.add((key_of(old.root_ref), (_STRUCTURE, _OF_AN_ELEMENT)))
    return named


def _is_restricted(old: SignedRevision, source: Key, path: Path) -> bool:
    """Tell whether this is /Data of a signature reference dictionary."""
    if source == TRAILER or path[-1] != "/Data":
        return False
    holder: Any = old(generic.Reference(*source, old))
    for step in path[:-1]:
        holder = holder.raw_get(step)
    return "/TransformMethod" in holder


def _require_shapes(
    was: generic.DictionaryObject, now: generic.DictionaryObject
) -> None:
    if _VERSION in now and not isinstance(now.raw_get(_VERSION), generic.NameObject):
        raise SuspiciousModification("the version is no name")
    for key in _SHAPED:
        if key in now and not (_is_kept(key, was, now) or _is_plain(now[key])):
            raise SuspiciousModification(f"{key} holds more than it should")


def _is_kept(
    key: str, was: generic.DictionaryObject, now: generic.DictionaryObject
) -> bool:
    value = now.raw_get(key)
    is_object = isinstance(value, generic.IndirectObject)
    return not is_object and key in was and bool(was.raw_get(key) == value)


def _is_plain(value: generic.PdfObject) -> bool:
    """Tell whether nothing in it is a stream, or an object of its own."""
    if isinstance(value, generic.ArrayObject):
        return all(_is_plain(value.raw_get(at)) for at in range(len(value)))
    if isinstance(value, generic.StreamObject):
        return False
    if isinstance(value, generic.DictionaryObject):
        return all(_is_plain(value.raw_get(key)) for key in value)
    return isinstance(value, _PLAIN)
