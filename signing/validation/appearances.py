"""What signature fields show: each its own drawing (ISO 32000-2 clause 12.5.5).

A drawing that two fields share lets one signature look like another.
"""

from collections.abc import Iterator, Sequence

from pyhanko.pdf_utils import generic

from signing.validation.document import SignatureField
from signing.validation.limits import MAX_FIELD_DEPTH
from signing.validation.shown import takes_room, widgets_of

_FORM = "/Form"


def borrowing(fields: Sequence[SignatureField]) -> Iterator[str]:
    """Give the fields of signatures that show a drawing of an earlier one.

    Images may be shared: two seals may show the same emblem.

    Args:
        fields: in the order of signing.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    met: set[generic.Reference] = set()
    for field in fields:
        own = set(_drawings(field.field))
        if own & met:
            yield field.name
        met |= own


def _drawings(field: generic.DictionaryObject) -> Iterator[generic.Reference]:
    for _, widget in widgets_of(field):
        if takes_room(widget) and "/AP" in widget:
            yield from _streams(widget["/AP"], 0, set())


def _streams(
    held: generic.DictionaryObject, depth: int, seen: set[generic.Reference]
) -> Iterator[generic.Reference]:
    """Walk the form XObjects below an appearance, each once."""
    for key in held:
        value, one = held.raw_get(key), held[key]
        if isinstance(value, generic.IndirectObject):
            if value.reference in seen or depth > MAX_FIELD_DEPTH:
                continue
            seen.add(value.reference)
            if isinstance(one, generic.StreamObject) and _draws(one):
                yield value.reference
        if isinstance(one, generic.DictionaryObject):
            inner = _inner(one) if isinstance(one, generic.StreamObject) else one
            yield from _streams(inner, depth + 1, seen)


def _draws(stream: generic.StreamObject) -> bool:
    return "/Subtype" not in stream or bool(stream["/Subtype"] == _FORM)


def _inner(stream: generic.StreamObject) -> generic.DictionaryObject:
    """Return what a drawing uses of other drawings."""
    return _dictionary_in(_dictionary_in(stream, "/Resources"), "/XObject")


def _dictionary_in(
    holder: generic.DictionaryObject, key: str
) -> generic.DictionaryObject:
    found = holder.raw_get(key).get_object() if key in holder else None
    if isinstance(found, generic.DictionaryObject):
        return found
    return generic.DictionaryObject()
