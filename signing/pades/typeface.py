"""The one font of visible signatures, ready to be embedded in a PDF file.

The font is cut beforehand (tests/support/build_font.py) to Latin with all Vietnamese
letters and to 1000 units per em, so nothing is subset while signing. What it lacks is
refused: a reader would show a box, or a letter of another font.
"""

import json
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from struct import pack
from typing import Protocol

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from schemas.errors import ErrorCode
from signing.errors import SigningError

FONT_NAME = "LienthongSerif"
_FLAG_SERIF_NONSYMBOLIC = 2 | 32
# Vertical stem of the design in thousandths; readers use it to pick a substitute.
_STEM_WIDTH = 80
_RANGES_PER_BLOCK = 100  # ISO 32000-2 clause 9.10.3


class ObjectFile(Protocol):
    """A PDF file under construction."""

    def add_object(self, obj: generic.PdfObject) -> generic.IndirectObject:
        """Add an object and return how others refer to it."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph: its index in the font and its advance in thousandths of an em."""

    index: int
    advance: int


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line of text as glyphs.

    Args:
        text: in NFC.
        glyphs: one per character.
    """

    text: str
    glyphs: tuple[Glyph, ...]

    def width(self, size: float) -> float:
        """Return the width of the line in points at a font size."""
        return sum([glyph.advance for glyph in self.glyphs]) * size / 1000

    @property
    def codes(self) -> bytes:
        """Return the line as a PDF hexadecimal string of glyph indexes."""
        indexes = [glyph.index for glyph in self.glyphs]
        codes = pack(f">{len(indexes)}H", *indexes).hex().upper()
        return f"<{codes}>".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """The cut font: its file and its measures in thousandths of an em."""

    compressed: bytes
    length: int
    ascent: int
    descent: int
    cap_height: int
    bounding_box: tuple[int, ...]
    glyphs: Mapping[str, Glyph]

    def set_line(self, text: str) -> SetLine:
        """Choose the glyphs of one line; the text is brought to NFC first.

        Raises:
            SigningError: GLYPH_MISSING, the font has no such character.
        """
        composed = unicodedata.normalize("NFC", text)
        for character in composed:
            if character not in self.glyphs:
                raise SigningError(
                    ErrorCode.GLYPH_MISSING, place=f"U+{ord(character):04X}"
                )
        return SetLine(composed, tuple(self.glyphs[one] for one in composed))


@cache
def typeface() -> Typeface:
    """Return the font, read once."""
    folder = files("signing.pades") / "fonts"
    program = (folder / "lienthong-serif.ttf").read_bytes()
    measures = json.loads((folder / "lienthong-serif.json").read_bytes())
    return Typeface(
        compressed=zlib.compress(program, 9),
        length=len(program),
        ascent=measures["ascent"],
        descent=measures["descent"],
        cap_height=measures["cap_height"],
        bounding_box=tuple(measures["bounding_box"]),
        glyphs={
            chr(int(code, 16)): Glyph(*pair)
            for code, pair in measures["glyphs"].items()
        },
    )


def embed_font(writer: ObjectFile, lines: Iterable[SetLine]) -> generic.IndirectObject:
    """Add the font to a file, with the widths and texts of the glyphs of `lines`."""
    used = {
        glyph.index: (character, glyph)
        for line in lines
        for character, glyph in zip(line.text, line.glyphs, strict=True)
    }
    descendant = _cid_font(writer, [glyph for _, glyph in used.values()])
    texts = {index: character for index, (character, _) in used.items()}
    to_unicode = generic.StreamObject(stream_data=_to_unicode(texts))
    to_unicode.compress()
    composite = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/Type0"),
            pdf_name("/BaseFont"): pdf_name(f"/{FONT_NAME}"),
            pdf_name("/Encoding"): pdf_name("/Identity-H"),
            pdf_name("/DescendantFonts"): generic.ArrayObject([descendant]),
            pdf_name("/ToUnicode"): writer.add_object(to_unicode),
        }
    )
    return writer.add_object(composite)


def _cid_font(writer: ObjectFile, glyphs: Iterable[Glyph]) -> generic.IndirectObject:
    widths = generic.ArrayObject()
    for glyph in sorted(glyphs, key=lambda one: one.index):
        widths.append(generic.NumberObject(glyph.index))
        widths.append(_numbers([glyph.advance]))
    system = {
        pdf_name("/Registry"): generic.pdf_string("Adobe"),
        pdf_name("/Ordering"): generic.pdf_string("Identity"),
        pdf_name("/Supplement"): generic.NumberObject(0),
    }
    cid_font = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/CIDFontType2"),
            pdf_name("/BaseFont"): pdf_name(f"/{FONT_NAME}"),
            pdf_name("/CIDSystemInfo"): generic.DictionaryObject(system),
            pdf_name("/FontDescriptor"): writer.add_object(_descriptor(writer)),
            pdf_name("/W"): widths,
            pdf_name("/CIDToGIDMap"): pdf_name("/Identity"),
        }
    )
    return writer.add_object(cid_font)


def _descriptor(writer: ObjectFile) -> generic.DictionaryObject:
    face = typeface()
    program = generic.StreamObject(
        {
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
            pdf_name("/Length1"): generic.NumberObject(face.length),
        },
        encoded_data=face.compressed,
    )
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/FontDescriptor"),
            pdf_name("/FontName"): pdf_name(f"/{FONT_NAME}"),
            pdf_name("/Flags"): generic.NumberObject(_FLAG_SERIF_NONSYMBOLIC),
            pdf_name("/FontBBox"): _numbers(face.bounding_box),
            pdf_name("/ItalicAngle"): generic.NumberObject(0),
            pdf_name("/Ascent"): generic.NumberObject(face.ascent),
            pdf_name("/Descent"): generic.NumberObject(face.descent),
            pdf_name("/CapHeight"): generic.NumberObject(face.cap_height),
            pdf_name("/StemV"): generic.NumberObject(_STEM_WIDTH),
            pdf_name("/FontFile2"): writer.add_object(program),
        }
    )


def _numbers(values: Iterable[int]) -> generic.ArrayObject:
    return generic.ArrayObject([generic.NumberObject(value) for value in values])


def _to_unicode(texts: Mapping[int, str]) -> bytes:
    """Return the CMap that lets readers search and copy (ISO 32000-2 9.10.3)."""
    entries = [f"<{index:04X}> <{ord(text):04X}>" for index, text in texts.items()]
    blocks = [
        entries[start : start + _RANGES_PER_BLOCK]
        for start in range(0, len(entries), _RANGES_PER_BLOCK)
    ]
    mapped = "\n".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar"
        for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{mapped}\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
