"""Drafts of official documents: text set at known places, in the font of signatures."""

from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from signing.pades.typeface import embed_font, typeface

A4 = (595, 842)


@dataclass(frozen=True, slots=True)
class Printed:
    """A line of text, from the left end of its base line."""

    x: float
    y: float
    text: str
    size: float = 13


NUMBER_LINE = Printed(111, 731, "Số:           /UBND-VHXH")
DATE_LINE = Printed(280, 731, "Suối Mây, ngày        tháng        năm 2026")
HEADING = (
    Printed(111, 772, "ỦY BAN NHÂN DÂN"),
    Printed(264, 772, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    NUMBER_LINE,
    DATE_LINE,
)
SIGNER_BLOCK = (
    Printed(377, 481, "KT. CHỦ TỊCH"),
    Printed(373, 465, "PHÓ CHỦ TỊCH"),
    Printed(371, 375, "Đoàn Thạch Khuê"),
)


def draft_pdf(*lines: Printed, turned: int = 0, crop: str = "") -> bytes:
    """Build a page with `lines`; without any, a whole letter without number and date.

    Args:
        *lines: what is printed on it.
        turned: how far clockwise the page is turned for display.
        crop: the box of the page that shows, as four numbers.
    """
    shown = lines or (*HEADING, *SIGNER_BLOCK)
    writer = PdfFileWriter(stream_xrefs=False)
    set_lines = [typeface().set_line(one.text) for one in shown]
    font = embed_font(writer, set_lines)
    content = b"\n".join(
        b"BT /F %g Tf 1 0 0 1 %g %g Tm %s Tj ET" % (one.size, one.x, one.y, text.codes)
        for one, text in zip(shown, set_lines, strict=True)
    )
    fonts = generic.DictionaryObject({pdf_name("/F"): font})
    resources = generic.DictionaryObject({pdf_name("/Font"): fonts})
    stream = writer.add_object(generic.StreamObject(stream_data=content))
    page = PageObject(contents=stream, media_box=(0, 0, *A4), resources=resources)
    page[pdf_name("/Rotate")] = generic.NumberObject(turned)
    if crop:
        numbers = [generic.FloatObject(one) for one in crop.split()]
        page[pdf_name("/CropBox")] = generic.ArrayObject(numbers)
    writer.insert_page(page)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()
