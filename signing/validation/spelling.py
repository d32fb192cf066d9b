"""Values that are equal to the library and may be others to a reader.

It takes a string for its characters, in whatever encoding, a name for UTF-8 and else
for Latin-1, and 48.0 for 48. As colours of a palette the octets of a string count, as
the name of a drawing those of a name (ISO 32000-2 clause 7.3.5), and where an integer
is demanded a real number may be passed over. The library spells anew what it writes
again, so what shows alike in any spelling may be spelled otherwise.
"""

from pyhanko.pdf_utils import generic

from signing.pades.kept_spelling import octets_of

_STRINGS = (generic.TextStringObject, generic.ByteStringObject)
_NUMBERS = (generic.NumberObject, generic.FloatObject)

_TEXTS = frozenset(
    {
        *("/T", "/TU", "/TM", "/V", "/DV", "/V[]", "/DV[]", "/Opt[]"),
        *("/Contents", "/RC", "/Subj", "/CA", "/AC", "/Lang", "/Alt", "/ActualText"),
        *("/E", "/P", "/Name", "/Reason", "/Location", "/ContactInfo", "/M"),
        *("/Fields[]", "/Reasons[]", "/LegalAttestation[]", "/LastModified"),
        *("/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer"),
        *("/CreationDate", "/ModDate", "/ExtensionRevision", "/Info"),
        *("/OutputCondition", "/OutputConditionIdentifier", "/RegistryName"),
    }
)
"""Where text strings and dates stand (clause 7.9.2.2): their characters count."""

_MIXED = "[/]"
_INTEGERS = frozenset(
    {
        *(_MIXED, "/Differences[]", "/W[]", "/W2[]"),
        *("/Rotate", "/FirstChar", "/LastChar", "/Flags", "/F", "/Ff", "/Q"),
        *("/BitsPerComponent", "/BitsPerCoordinate", "/BitsPerFlag", "/BitsPerSample"),
        *("/Supplement", "/WMode", "/Order", "/VerticesPerRow", "/LC", "/LJ", "/OPM"),
        *("/Count", "/MaxLen", "/TI", "/StructParent", "/StructParents"),
    }
)
"""Where a number must be an integer; and all keys that end in Type."""

_DESTINATIONS = frozenset(
    {"/XYZ", "/Fit", "/FitH", "/FitV", "/FitR", "/FitB", "/FitBH", "/FitBV"}
)


def is_spelled_otherwise(
    place: str, was: generic.PdfObject, now: generic.PdfObject
) -> bool:
    """Tell whether equal values may be different ones to a reader.

    Args:
        place: the key under which they stand, or as `place_in` says.
        was: of the revision before.
        now: of the one after.
    """
    if isinstance(was, generic.NameObject) and isinstance(now, generic.NameObject):
        return was == now and octets_of(was) != octets_of(now)
    if isinstance(was, _STRINGS) and isinstance(now, _STRINGS):
        is_other = was == now and was.original_bytes != now.original_bytes
        return is_other and place not in _TEXTS
    if isinstance(was, _NUMBERS) and isinstance(now, _NUMBERS):
        is_other = was == now and type(was) is not type(now)
        return is_other and (place in _INTEGERS or place.endswith("Type"))
    return False


def place_in(key: str, array: generic.ArrayObject) -> str:
    """Return where the items of an array stand.

    Names of resources are the author's, so a palette may stand under a key of a text:
    strings among other values are no text.

    Args:
        key: under which it stands.
        array: whatever is in it.
    """
    items = [array.raw_get(at) for at in range(len(array))]
    if any(isinstance(one, generic.NameObject) for one in items):
        return "" if items[1:2] and items[1] in _DESTINATIONS else _MIXED
    are_strings = {isinstance(one, _STRINGS) for one in items}
    return f"{key}[]" if len(are_strings) == 1 else ""
