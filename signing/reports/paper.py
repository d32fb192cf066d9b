"""A PDF file that leaves page by page: what is kept of a page is where it begins.

Objects are those of the library; they are written in the order in which they become
known, the tree of pages and the cross-reference table last (ISO 32000-2 clause 7.5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.pades.typeface import embed_font, typeface

FONT = "/Text"
"""The name of the typeface in the operators of a page."""

TOTAL = "/Total"
"""The name of the form that is drawn last: how many pages there are."""

_CATALOG, _PAGES, _RESOURCES, _TOTAL, _INFO = 1, 2, 3, 4, 5
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_FREE = b"0000000000 65535 f \n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFormat:
    """What all pages of a file have in common; lengths in points.

    Args:
        title: shown by readers instead of the name of the file.
        language: ``vi`` or ``en``.
    """

    title: str
    language: str
    width: float
    height: float


class Paper:
    """A file under construction; each verb returns the bytes that come next."""

    def __init__(self, form: PaperFormat) -> None:
        self._form = form
        self._out = BytesIO()
        self._out.write(_HEADER)
        self._written = 0
        self._digest = sha256()
        self._offsets: dict[int, int] = {}
        self._next = _INFO + 1
        self._kids: list[int] = []

    @property
    def pages(self) -> int:
        """How many pages there are by now."""
        return len(self._kids)

    def add_object(self, obj: generic.PdfObject) -> generic.IndirectObject:
        """Write an object under the next number."""
        number = self._next
        self._next += 1
        self._put(number, obj)
        return self._to(number)

    def page(self, operators: Iterable[str]) -> bytes:
        """Write one page."""
        content = self.add_object(_stream({}, "\n".join(operators)))
        page = {
            "/Type": pdf_name("/Page"),
            "/Parent": self._to(_PAGES),
            "/Contents": content,
            "/Resources": self._to(_RESOURCES),
            "/MediaBox": _box(0, 0, self._form.width, self._form.height),
        }
        self._kids.append(self.add_object(_dictionary(page)).idnum)
        return self._taken()

    def end(self, characters: Iterable[str], *, total: str = "") -> bytes:
        """Write what all pages share, and where everything is.

        Args:
            characters: all that were drawn.
            total: operators that draw the number of pages.
        """
        drawn = typeface().set_line("".join(sorted(set(characters))))
        fonts = _dictionary({FONT: embed_font(self, [drawn])})
        self._put(_TOTAL, _form_of(total, fonts))
        forms = _dictionary({TOTAL: self._to(_TOTAL)})
        shared = _dictionary({"/Font": fonts, "/XObject": forms})
        self._put(_RESOURCES, shared)
        self._put(_PAGES, self._tree())
        self._put(_CATALOG, self._catalog())
        title = generic.pdf_string(self._form.title)
        self._put(_INFO, _dictionary({"/Title": title}))
        self._cross_references()
        return self._taken()

    def _tree(self) -> generic.DictionaryObject:
        kids = generic.ArrayObject([self._to(one) for one in self._kids])
        count = generic.NumberObject(len(self._kids))
        return _dictionary(
            {"/Type": pdf_name("/Pages"), "/Kids": kids, "/Count": count}
        )

    def _catalog(self) -> generic.DictionaryObject:
        shows_title = {"/DisplayDocTitle": generic.BooleanObject(value=True)}
        return _dictionary(
            {
                "/Type": pdf_name("/Catalog"),
                "/Pages": self._to(_PAGES),
                "/Lang": generic.pdf_string(self._form.language),
                "/ViewerPreferences": _dictionary(shows_title),
            }
        )

    def _cross_references(self) -> None:
        begin, size = self._place(), self._next
        lines = (b"%010d 00000 n \n" % self._offsets[one] for one in range(1, size))
        self._out.write(b"xref\n0 %d\n" % size + _FREE + b"".join(lines))
        digest = generic.ByteStringObject(self._digest.digest()[:16])
        trailer = {
            "/Size": generic.NumberObject(size),
            "/Root": self._to(_CATALOG),
            "/Info": self._to(_INFO),
            "/ID": generic.ArrayObject([digest, digest]),
        }
        self._out.write(b"trailer\n")
        _dictionary(trailer).write_to_stream(self._out)
        self._out.write(b"\nstartxref\n%d\n%%%%EOF\n" % begin)

    def _put(self, number: int, obj: generic.PdfObject) -> None:
        self._offsets[number] = self._place()
        self._out.write(b"%d 0 obj\n" % number)
        obj.write_to_stream(self._out)
        self._out.write(b"\nendobj\n")

    def _place(self) -> int:
        return self._written + self._out.tell()

    def _to(self, number: int) -> generic.IndirectObject:
        return generic.IndirectObject(number, 0, None)

    def _taken(self) -> bytes:
        """Return what was written since the last time, and forget it."""
        taken = self._out.getvalue()
        self._written += len(taken)
        self._digest.update(taken)
        self._out = BytesIO()
        return taken


def _form_of(operators: str, fonts: generic.DictionaryObject) -> generic.StreamObject:
    form: dict[str, generic.PdfObject] = {
        "/Type": pdf_name("/XObject"),
        "/Subtype": pdf_name("/Form"),
        "/BBox": _box(0, -10, 100, 20),
        "/Resources": _dictionary({"/Font": fonts}),
    }
    return _stream(form, operators)


def _stream(
    fields: Mapping[str, generic.PdfObject], operators: str
) -> generic.StreamObject:
    stream = generic.StreamObject(
        {pdf_name(name): value for name, value in fields.items()},
        stream_data=operators.encode("ascii"),
    )
    stream.compress()
    return stream


def _box(left: float, lower: float, right: float, upper: float) -> generic.ArrayObject:
    sides = (left, lower, right, upper)
    return generic.ArrayObject([generic.FloatObject(one) for one in sides])


def _dictionary(fields: Mapping[str, generic.PdfObject]) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {pdf_name(name): value for name, value in fields.items()}
    )
