"""Tables as PDF, by other people's readers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from signing.reports.tables import TableColumn, TableForm, TablePrinter
from tests.support.judges import run

FORM = TableForm(
    title="Sổ đăng ký văn bản đến",
    columns=(
        TableColumn(head="Số đến", share=1, is_number=True),
        TableColumn(head="Tên loại và trích yếu nội dung", share=3),
        TableColumn(head="Ghi chú", share=1),
    ),
    above=("UBND tỉnh Bình Sơn", "UBND xã Suối Mây"),
    below=("Từ ngày 01/01/2026 đến ngày 31/12/2026",),
    is_numbered=True,
    foot="Trục liên thông H00",
    empty="Không có văn bản nào.",
)
_WORD = re.compile(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"')


def printed(folder: Path, rows: Iterable[Sequence[str]]) -> Path:
    printer, path = TablePrinter(FORM), folder / "table.pdf"
    pages = [printer.row(one) for one in rows]
    path.write_bytes(b"".join((*pages, printer.end())))
    return path


def text_of(path: Path) -> str:
    return run("pdftotext", "-layout", path, "-").stdout


def test_every_page_has_the_head_and_its_number_of_all(tmp_path: Path) -> None:
    rows = [(f"{one:03d}", "Về việc rà soát " * 9, "hỏa tốc") for one in range(200)]
    *pages, rest = text_of(printed(tmp_path, rows)).split("\f")

    assert (len(pages) > 5, rest) == (True, "")
    for number, page in enumerate(pages, start=1):
        assert "Tên loại và trích yếu nội dung" in page
        assert "(3)" in page
        assert f"Trang {number}/{len(pages)}\n" in page
    assert "UBND xã Suối Mây" in pages[0]
    assert "Từ ngày 01/01/2026 đến ngày 31/12/2026" in pages[0]
    shown = re.findall(r"^ *(\d{3}) ", "".join(pages), re.MULTILINE)
    assert shown == [number for number, _, _ in rows]


def test_only_our_embedded_typeface_is_used(tmp_path: Path) -> None:
    path = printed(tmp_path, [("1", "Quyết định số 7", "")])

    _, _, *fonts = run("pdffonts", path).stdout.splitlines()
    assert [one.split()[0] for one in fonts] == ["LienthongSerif"]
    assert " yes no  yes " in fonts[0]
    checked = run("mutool", "info", path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "[ 0 0 842 595 ]" in checked.stdout


def test_nothing_leaves_the_sheet_and_long_rows_go_on(tmp_path: Path) -> None:
    long = " ".join(f"từ{one}" for one in range(1500))
    rows = [("9" * 300, "W" * 700, "漢字 🖋"), ("2", long, "Mỹ" * 50), ("3", "", "")]
    path = printed(tmp_path, rows)

    boxes = run("pdftotext", "-bbox", path, "-").stdout
    places = [tuple(map(float, one)) for one in _WORD.findall(boxes)]
    assert min(min(left, top) for left, top, _, _ in places) >= 30
    assert max(right for _, _, right, _ in places) <= 842 - 30
    assert max(bottom for _, _, _, bottom in places) <= 595 - 18
    text = text_of(path)
    assert [one for one in long.split() if one not in text] == []
    assert "?? ?" in text


def test_a_cell_that_would_never_end_is_cut(tmp_path: Path) -> None:
    pages = text_of(printed(tmp_path, [("1", "từ " * 100_000, "")])).split("\f")
    assert len(pages) < 12
    assert "…" in pages[-2]


def test_an_empty_table_says_so(tmp_path: Path) -> None:
    text = text_of(printed(tmp_path, []))
    assert "Không có văn bản nào." in text
    assert "Trang 1/1" in text


def test_pages_leave_as_they_are_filled() -> None:
    printer = TablePrinter(FORM)
    pages = [len(printer.row((str(one), f"dòng {one}", ""))) for one in range(900)]
    filled = [size for size in pages if size]
    # What is left for the end: the typeface, the last page, where each page is.
    assert len(filled) >= 30
    assert len(printer.end()) < 20_000 + 100 * len(filled) + max(filled)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    rows = [("1", "Báo cáo", "khẩn")]
    first = printed(tmp_path, rows).read_bytes()
    assert first == printed(tmp_path / "again", rows).read_bytes()
