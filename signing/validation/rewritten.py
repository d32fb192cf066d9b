"""What the library's comparison takes for the same, or for new, though it is not.

It compares by equality, and for it a name equals the string of its letters, and a
dictionary the stream that has it, a string in another encoding the same (see
`spelling`). Readers heed one and pass over the other, so an author could sign what is
passed over and have it heeded later. And it goes by the size
that a file claims: what lies beyond counts as new, though cross-reference streams may
list it (ISO 32000-2 clause 7.5.8.2).
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification
from pyhanko.sign.diff_analysis.rules_api import QualifiedWhitelistRule, ReferenceUpdate

from signing.validation.changed_pages import SignedRevision
from signing.validation.object_graph import ObjectGraph
from signing.validation.revision_objects import TRAILER, Key, key_of
from signing.validation.spelling import is_spelled_otherwise, place_in

_Pair = tuple[str, generic.PdfObject, generic.PdfObject]
"""Where two values stand (see `spelling`), the earlier and the later one."""

_KINDS: tuple[type[generic.PdfObject], ...] = (
    generic.StreamObject,
    generic.DictionaryObject,
    generic.ArrayObject,
    generic.NameObject,
    generic.BooleanObject,
    generic.IndirectObject,
    generic.NullObject,
)
"""A stream is a dictionary too, so it comes first."""


class RewrittenRule(QualifiedWhitelistRule):
    """Approves nothing; refuses what was there and what it may not become."""

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        """Look at every object that `new` wrote.

        Raises:
            SuspiciousModification: one was used, and is said not to have been there;
                or something in one became another kind of value.
        """
        for reference in new.explicit_refs_in_revision():
            if old.is_ref_unassignable(reference):
                _require_unused(reference, old)
            elif _is_in(reference, old) and not _is_information(reference, old):
                require_kinds(old(reference), new(reference))
        return ()


def _require_unused(reference: generic.Reference, old: HistoricalResolver) -> None:
    """Refuse what something refers to; what nobody knows of may be referred to."""
    if not isinstance(old, SignedRevision) or _is_used(key_of(reference), old.graph):
        raise SuspiciousModification(f"{reference} was there before")


def _is_used(key: Key, graph: ObjectGraph) -> bool:
    return bool(graph.usages(key)) or graph.is_used_otherwise(key)


def _is_in(reference: generic.Reference, revision: HistoricalResolver) -> bool:
    xrefs = revision.reader.xrefs
    return xrefs.get_historical_ref(reference, revision.revision) is not None


def _is_information(reference: generic.Reference, old: HistoricalResolver) -> bool:
    """Tell whether this is the document information alone, of which nothing shows."""
    if not isinstance(old, SignedRevision):
        return False
    uses = old.graph.references_to(key_of(reference))
    # A page has a reference from everything that stands on it: two are enough to see.
    return list(islice(uses, 2)) == [(TRAILER, ("/Info",))]


def require_kinds(was: generic.PdfObject, now: generic.PdfObject) -> None:
    """Refuse what equals something of another kind or spelling, anywhere in a value.

    Raises:
        SuspiciousModification: it does.
    """
    if _turns(was, now):
        raise SuspiciousModification("values became others that equal them")


def _turns(was: generic.PdfObject, now: generic.PdfObject) -> bool:
    """Tell whether equal values are others to a reader, anywhere in an object."""
    if _kind(was) is not _kind(now):
        return True
    waiting = list(_parts("", was, now))
    while waiting:
        place, one, other = waiting.pop()
        is_same = _kind(one) is _kind(other)
        if is_spelled_otherwise(place, one, other) or (not is_same and one == other):
            return True
        if is_same:
            waiting += _parts(place, one, other)
    return False


def _kind(value: generic.PdfObject) -> type[generic.PdfObject] | None:
    """Return the kind of a value; None for numbers and strings, equal in any form."""
    return next((kind for kind in _KINDS if isinstance(value, kind)), None)


def _parts(
    place: str, was: generic.PdfObject, now: generic.PdfObject
) -> Iterator[_Pair]:
    """Give what stands in both at the same place, and the keys of dictionaries."""
    if isinstance(was, generic.ArrayObject) and isinstance(now, generic.ArrayObject):
        inside = place_in(place, was)
        shared = range(min(len(was), len(now)))
        yield from ((inside, was.raw_get(at), now.raw_get(at)) for at in shared)
    elif isinstance(was, generic.DictionaryObject) and isinstance(
        now, generic.DictionaryObject
    ):
        # Equal keys may be spelled otherwise, so each is taken from its own.
        spelled = {key: key for key in now}
        for key in was:
            if key in spelled:
                yield "", key, spelled[key]
                yield key, was.raw_get(key), now.raw_get(key)
