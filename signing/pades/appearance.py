"""What a visible signature shows: an image and, below it, lines of text.

Decree 30/2020/NĐ-CP asks for the image alone; text is 10 point and black. Annexes and
copies show text alone, and a clerk puts number and date into the blanks of page 1.
"""

from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.geometry import fits
from signing.pades.image import SignatureImage, embed_image
from signing.pades.typeface import SetLine, embed_font, typeface

TEXT_SIZE = 10
LEADING = 12
_IMAGE = pdf_name("/Image")
_FONT = pdf_name("/Text")

# ISO 32000-2 clause 12.5.5: what turns the drawing upright on a page turned clockwise.
_UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedText:
    """A line of text somewhere in the drawing.

    Args:
        x: left end of the base line, in points.
        y: the base line, in points.
        size: of the font.
    """

    x: float
    y: float
    size: float
    line: SetLine

    @property
    def operators(self) -> bytes:
        """Return what draws the text (ISO 32000-2 clause 9.4)."""
        begin = f"BT 0 g {_FONT} {self.size:g} Tf {self.x:.4f} {self.y:.4f} Td "
        return begin.encode("ascii") + self.line.codes + b" Tj ET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """One drawing, in the size it shows on the page.

    Args:
        width: as displayed, in points.
        height: as displayed, in points.
        turned: how far clockwise the page is turned for display.
        image: drawn as large as fits, centred.
        lines: left-aligned at the lower edge.
        placed: further text, each line at its own place.
    """

    width: float
    height: float
    turned: int
    image: SignatureImage | None
    lines: tuple[SetLine, ...]
    placed: tuple[PlacedText, ...] = ()

    def check(self) -> None:
        """Refuse lines that do not fit.

        Raises:
            SigningError: PLACEMENT_INVALID.
        """
        widest = max((line.width(TEXT_SIZE) for line in self.lines), default=0)
        if not (fits(widest, self.width) and fits(self._text_height, self.height)):
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="text")

    @property
    def _text_height(self) -> float:
        return len(self.lines) * LEADING

    @property
    def content(self) -> bytes:
        """Return the drawing's operators (ISO 32000-2 clauses 8.9.5 and 9.4)."""
        parts = []
        if self.image is not None:
            parts.append(self._image_operators(self.image))
        if self.lines:
            parts.append(self._text_operators())
        parts += [one.operators for one in self.placed]
        return b"\n".join(parts)

    def _image_operators(self, image: SignatureImage) -> bytes:
        room = self.height - self._text_height
        scale = min(self.width / image.width, room / image.height)
        width, height = image.width * scale, image.height * scale
        left = (self.width - width) / 2
        lower = self._text_height + (room - height) / 2
        matrix = f"{width:.4f} 0 0 {height:.4f} {left:.4f} {lower:.4f}"
        return f"q {matrix} cm {_IMAGE} Do Q".encode("ascii")

    def _text_operators(self) -> bytes:
        descent = -typeface().descent * TEXT_SIZE / 1000
        first = self._text_height - LEADING + descent
        shown = b" T* ".join(line.codes + b" Tj" for line in self.lines)
        begin = f"BT 0 g {_FONT} {TEXT_SIZE} Tf {LEADING} TL 0 {first:.4f} Td "
        return begin.encode("ascii") + shown + b" ET"


def embed_appearance(
    writer: BasePdfFileWriter, appearance: Appearance
) -> generic.DictionaryObject:
    """Add the drawing to a file; return the widget's appearance dictionary."""
    resources = generic.DictionaryObject()
    if appearance.image is not None:
        image = embed_image(writer, appearance.image)
        resources["/XObject"] = generic.DictionaryObject({_IMAGE: image})
    texts = (*appearance.lines, *(one.line for one in appearance.placed))
    if texts:
        font = embed_font(writer, texts)
        resources["/Font"] = generic.DictionaryObject({_FONT: font})
    form = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _floats(0, 0, appearance.width, appearance.height),
            pdf_name("/Matrix"): _floats(*_UPRIGHT[appearance.turned], 0, 0),
            pdf_name("/Resources"): resources,
        },
        stream_data=appearance.content,
    )
    return generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})


def _floats(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject([generic.FloatObject(value) for value in values])
