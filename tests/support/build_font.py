"""Cut the font of the visible signatures from Liberation Serif; run by hand.

    python -m tests.support.build_font LiberationSerif-Regular.ttf

The source is Liberation Serif 2.1.5 Regular (Debian package fonts-liberation2, SIL
Open Font License 1.1), the tool fontTools 4.68. Older Liberation fonts lack 92
Vietnamese letters. The same input gives the same bytes. The licence keeps the name of
the original for itself, hence the new one; OFL.txt lies beside the result.
"""

import json
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

FONTS = Path(__file__).parents[2] / "signing" / "pades" / "fonts"
SOURCE_SHA256 = "29d12439831b7f59194efec85872f24f54eff05738933f9a860220d2abff88ba"
NAME = "Lienthong Serif"
UNITS_PER_EM = 1000
"""PDF readers take widths in thousandths; the library writes them unscaled."""

CHARACTERS = (
    *range(0x20, 0x7F),  # Basic Latin
    *range(0xA0, 0x180),  # Latin-1, Latin Extended-A: languages of the minorities
    0x1A0, 0x1A1, 0x1AF, 0x1B0,  # Ơ ơ Ư ư
    *range(0x1EA0, 0x1EFA),  # Vietnamese letters with marks
    0x2010, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D,
    0x2022, 0x2026, 0x2030, 0x2039, 0x203A, 0x20AB, 0x20AC, 0x2116,
)  # fmt: skip
"""No combining marks: text is normalised to NFC, and a mark that has no letter of its
own would need positioning that is not done here."""


def cut(source: bytes) -> TTFont:
    """Return the font with `CHARACTERS` only, at 1000 units per em, renamed."""
    options = subset.Options(
        hinting=False,
        layout_features=[],
        name_IDs=[0, 1, 2, 4, 5, 6, 13, 14],
        name_languages=[0x409],
        notdef_outline=True,
        drop_tables=[*subset.Options().drop_tables, "FFTM", "GDEF", "GPOS", "GSUB"],
    )
    font = TTFont(BytesIO(source), recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=CHARACTERS)
    cutter.subset(font)
    scale_upem(font, UNITS_PER_EM)
    _rename(font)
    return font


def _rename(font: TTFont) -> None:
    names = {1: NAME, 4: NAME, 6: NAME.replace(" ", "")}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]


def metrics(font: TTFont) -> dict[str, object]:
    """Return what a PDF font descriptor and a text line need."""
    head, wide, system = font["head"], font["hhea"], font["OS/2"]
    glyphs = font.getReverseGlyphMap()
    return {
        "ascent": wide.ascent,
        "descent": wide.descent,
        "cap_height": system.sCapHeight,
        "bounding_box": [head.xMin, head.yMin, head.xMax, head.yMax],
        "glyphs": {
            f"{code:04X}": [glyphs[name], font["hmtx"][name][0]]
            for code, name in sorted(font.getBestCmap().items())
        },
    }


def main(source: Path) -> None:
    """Write the cut font and its metrics."""
    content = source.read_bytes()
    if sha256(content).hexdigest() != SOURCE_SHA256:
        sys.exit("not Liberation Serif 2.1.5 Regular")
    font = cut(content)
    missing = set(CHARACTERS) - set(font.getBestCmap())
    if missing:
        sys.exit(f"characters missing: {sorted(map(hex, missing))}")
    font.save(FONTS / "lienthong-serif.ttf")
    text = json.dumps(metrics(font), separators=(",", ":"))
    (FONTS / "lienthong-serif.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
