"""Whether added objects do nothing but add one signature to a document.

Everything that is replaced is compared with what it was; the only differences allowed
are those of a signature field: in the form, on one page, in the catalog. Everything new
must belong to the signature and its appearance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from signing.profiles import POINTS_PER_MM
from signing.remote_check.increment import Added, changed
from signing.remote_check.objects import PdfObjects
from signing.remote_check.values import (
    Dictionary,
    Name,
    Reference,
    Value,
    same,
)

LARGEST = (Decimal(str(120 * POINTS_PER_MM)), Decimal(str(80 * POINTS_PER_MM)))
"""Of the drawing: as the verdict on later signatures has it."""

MAX_NODES = 200_000
_SIGNATURE_KEYS = frozenset(
    {"Type", "Filter", "SubFilter", "ByteRange", "Contents", "M"}
)
_FIELD_KEYS = frozenset(
    {"Type", "Subtype", "FT", "T", "TU", "F", "Ff", "P", "Rect", "V", "AP", "MK"}
)
_DRAWING_KEYS = frozenset(
    {
        *("Type", "Subtype", "BBox", "Matrix", "Resources", "Length", "Filter"),
        *("Font", "XObject", "Width", "Height", "ColorSpace", "BitsPerComponent"),
        *("SMask", "BaseFont", "Encoding", "DescendantFonts", "ToUnicode", "W", "DW"),
        *("CIDSystemInfo", "Registry", "Ordering", "Supplement", "FontDescriptor"),
        *("CIDToGIDMap", "FontName", "Flags", "FontBBox", "ItalicAngle", "Ascent"),
        *("Descent", "CapHeight", "StemV", "FontFile2", "FontFile3", "Length1"),
        *("DecodeParms", "Predictor", "Colors", "Columns", "Decode", "Group", "S"),
    }
)
"""Names below an appearance, but for the names of its fonts and images."""
_NAMED_BY_AUTHOR = frozenset({"Font", "XObject"})
_VERSIONS = (Name("1.7"), Name("2.0"))


@dataclass(slots=True)
class Comparison:
    """A document and what is added to it.

    Args:
        explained: numbers of the added objects that an allowed change accounts for.
    """

    before: PdfObjects
    added: Added
    explained: set[int] = field(default_factory=set)

    def was(self, value: Value) -> Value:
        """Return what a value meant before."""
        return self.before.resolved(value)

    def now(self, value: Value) -> Value:
        """Return what a value means now."""
        if isinstance(value, Reference) and value.number in self.added.objects:
            self.explained.add(value.number)
            return self.added.objects[value.number].value
        return self.before.resolved(value)

    def dictionaries(
        self, old: Value, new: Value, place: str
    ) -> tuple[Dictionary, Dictionary]:
        """Return two dictionaries; an absent old one is empty."""
        was, now = self._both(old, new, place)
        was = Dictionary() if was is None else was
        if not isinstance(was, Dictionary) or not isinstance(now, Dictionary):
            raise changed(place)
        return was, now

    def lists(
        self, old: Value, new: Value, place: str
    ) -> tuple[list[Value], list[Value]]:
        """Return two arrays; an absent old one is empty."""
        was, now = self._both(old, new, place)
        was = [] if was is None else was
        if not isinstance(was, list) or not isinstance(now, list):
            raise changed(place)
        return was, now

    def _both(self, old: Value, new: Value, place: str) -> tuple[Value, Value]:
        """Return what a value meant and what it means now.

        A reference leads where it led before, or to a new object. Else any object of
        the document could be exchanged for what is expected here, and only that seen.
        """
        if isinstance(new, Reference) and new != old and not self.is_new(new):
            raise changed(place)
        return self.was(old), self.now(new)

    def is_new(self, reference: Reference) -> bool:
        """Tell whether a reference leads to a new object; all are of generation 0."""
        return not reference.generation and reference.number in self.added.new


@dataclass(frozen=True, slots=True)
class AddedSignature:
    """The signature that was added.

    Args:
        dictionary_start: where the object of its dictionary begins.
        is_visible: whether it draws anything.
    """

    dictionary_start: int
    is_visible: bool


def require_signature_alone(before: PdfObjects, added: Added) -> AddedSignature:
    """Demand that `added` is one signature and nothing else.

    Raises:
        SigningError: REMOTE_DOCUMENT_CHANGED, the place is named; PDF_MALFORMED.
    """
    compared = Comparison(before, added)
    number = _signature_number(added)
    form = _compare_catalog(compared)
    widget = _compare_form(compared, *form, number)
    page = _compare_field(compared, widget)
    _compare_page(compared, page, widget)
    left = added.objects.keys() - compared.explained
    if left:
        raise changed(f"object {min(left)}")
    own = added.objects[widget].dictionary
    return AddedSignature(added.objects[number].start, _area(own) is not None)


def _signature_number(added: Added) -> int:
    found = [
        number
        for number, one in added.objects.items()
        if isinstance(one.value, Dictionary) and "ByteRange" in one.value
    ]
    if len(found) != 1 or found[0] not in added.new:
        raise changed("signature dictionary")
    one = added.objects[found[0]]
    if one.stream is not None or one.dictionary.keys() != _SIGNATURE_KEYS:
        raise changed("signature dictionary")
    return found[0]


def _require_same(was: Dictionary, now: Dictionary, but: set[str], place: str) -> None:
    for key in (was.keys() | now.keys()) - but:
        if key not in was or key not in now or not same(was[key], now[key]):
            raise changed(f"{place} /{key}")


def _compare_catalog(compared: Comparison) -> tuple[Value, Value]:
    """Compare the catalog; return what was and what is its form."""
    root = compared.before.trailer.get("Root")
    was, now = compared.dictionaries(root, root, "catalog")
    _require_same(was, now, {"AcroForm", "Extensions", "Version"}, "catalog")
    if now.get("Version") not in (was.get("Version"), *_VERSIONS):
        raise changed("catalog /Version")
    if "Extensions" in now or "Extensions" in was:
        _compare_extensions(compared, was.get("Extensions"), now.get("Extensions"))
    return was.get("AcroForm"), now.get("AcroForm")


def _compare_extensions(compared: Comparison, old: Value, new: Value) -> None:
    was, now = compared.dictionaries(old, new, "catalog /Extensions")
    _require_same(was, now, {"ESIC"}, "catalog /Extensions")
    if not same(was.get("ESIC"), now.get("ESIC")):
        _, entry = compared.dictionaries(None, now.get("ESIC"), "catalog /Extensions")
        if entry.keys() - {"Type", "BaseVersion", "ExtensionLevel"}:
            raise changed("catalog /Extensions")


def _compare_form(compared: Comparison, old: Value, new: Value, signature: int) -> int:
    """Compare the form; return the number of the field that is signed."""
    was, now = compared.dictionaries(old, new, "form")
    _require_same(was, now, {"Fields", "SigFlags"}, "form")
    if not same(3, now.get("SigFlags")):
        raise changed("form /SigFlags")
    before, after = compared.lists(was.get("Fields"), now.get("Fields"), "form /Fields")
    signed = list(_signed_by(compared, signature))
    if len(signed) != 1 or not same(before, after[: len(before)]):
        raise changed("form /Fields")
    more = after[len(before) :]
    expected = [Reference(signed[0], 0)] if signed[0] in compared.added.new else []
    if not same(expected, more):
        raise changed("form /Fields")
    if expected:
        _require_own_name(compared, before, signed[0])
    return signed[0]


def _signed_by(compared: Comparison, signature: int) -> Iterator[int]:
    for number, one in compared.added.objects.items():
        if isinstance(one.value, Dictionary) and one.value.get("V") == Reference(
            signature, 0
        ):
            yield number


def _require_own_name(compared: Comparison, fields: list[Value], number: int) -> None:
    """Fields of one name are one field to a reader (12.7.4.2)."""
    name = compared.added.objects[number].dictionary.get("T")
    others = (compared.was(one) for one in fields)
    if any(isinstance(one, Dictionary) and one.get("T") == name for one in others):
        raise changed("field /T")


def _compare_field(compared: Comparison, number: int) -> Value:
    """Compare the signed field with what it was; return the page it is on."""
    now = compared.now(Reference(number, 0))
    if not isinstance(now, Dictionary):
        raise changed("field")
    compared.now(now.get("V"))
    if number in compared.added.new:
        if now.keys() - _FIELD_KEYS or now.get("FT") != Name("Sig"):
            raise changed("field")
    else:
        was = compared.was(Reference(number, 0))
        if not isinstance(was, Dictionary) or was.get("FT") != Name("Sig"):
            raise changed("field")
        _require_same(was, now, {"V", "AP"}, "field")
        if was.get("V") is not None:
            raise changed("field /V")
    _require_drawing(compared, now)
    return now.get("P")


def _area(widget: Dictionary) -> tuple[Decimal, Decimal] | None:
    """Return width and height of a field; None where it shows nothing."""
    corners = widget.get("Rect")
    if not isinstance(corners, list):
        raise changed("field /Rect")
    numbers = [
        Decimal(one)
        for one in corners
        if isinstance(one, int | Decimal) and not isinstance(one, bool)
    ]
    if len(numbers) != 4:
        raise changed("field /Rect")
    width, height = abs(numbers[2] - numbers[0]), abs(numbers[3] - numbers[1])
    return (width, height) if width and height else None


def _require_drawing(compared: Comparison, widget: Dictionary) -> None:
    """Bound the size of what is drawn, and what its objects may be."""
    area = _area(widget)
    if area and any(one > most for one, most in zip(area, LARGEST, strict=True)):
        raise changed("field /Rect")
    drawing = widget.get("AP")
    if drawing is None:
        return
    if not isinstance(drawing, Dictionary) or drawing.keys() != {"N"}:
        raise changed("field /AP")
    waiting: list[tuple[Value, bool]] = [(drawing["N"], False)]
    seen: set[int] = set()
    while waiting:
        value, is_named = waiting.pop()
        if isinstance(value, Reference):
            if not compared.is_new(value):
                raise changed("field /AP")
            if value.number in seen:
                continue
            seen.add(value.number)
        waiting += _parts(compared.now(value), is_named=is_named)


def _parts(value: Value, *, is_named: bool) -> list[tuple[Value, bool]]:
    if isinstance(value, list):
        return [(one, False) for one in value]
    if not isinstance(value, Dictionary):
        return []
    if not is_named and value.keys() - _DRAWING_KEYS:
        raise changed("field /AP")
    return [
        (one, key in _NAMED_BY_AUTHOR and not is_named) for key, one in value.items()
    ]


def _compare_page(compared: Comparison, page: Value, widget: int) -> None:
    """Allow one more annotation on one page, the signed field."""
    if not isinstance(page, Reference) or page.number in compared.added.new:
        raise changed("field /P")
    if page not in set(_pages(compared.before)):
        raise changed("field /P")
    was, now = compared.dictionaries(page, page, "page")
    _require_same(was, now, {"Annots"}, "page")
    before, after = compared.lists(was.get("Annots"), now.get("Annots", []), "page")
    more = [Reference(widget, 0)] if widget in compared.added.new else []
    if not same(before + more, after):
        raise changed("page /Annots")


def _pages(before: PdfObjects) -> Iterator[Reference]:
    """Yield the pages of a document (7.7.3)."""
    root = before.resolved(before.trailer.get("Root"))
    waiting = [root.get("Pages")] if isinstance(root, Dictionary) else []
    seen: set[Reference] = set()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Reference) or node in seen or len(seen) > MAX_NODES:
            raise changed("page tree")
        seen.add(node)
        found = before.resolved(node)
        kids = found.get("Kids") if isinstance(found, Dictionary) else None
        kids = before.resolved(kids)
        if isinstance(kids, list):
            waiting += kids
        else:
            yield node
