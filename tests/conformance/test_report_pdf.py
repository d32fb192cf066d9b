"""The report as PDF, by other people's readers."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.verdict import Indication, Verdict
from signing.reports.printed import render
from tests.support.judged_pdf import judged, sealed
from tests.support.judges import run
from tests.support.reported import FAILED, GOOD, LEAF, PASSED, SIGNATURE, report

_WORD = re.compile(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"')


def written(folder: Path, verdict: Verdict, language: str = "vi") -> Path:
    path = folder / "report.pdf"
    path.write_bytes(render(report(verdict, language)))
    return path


def text_of(path: Path) -> str:
    return run("pdftotext", "-layout", path, "-").stdout


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ("HỢP LỆ: chữ ký số đúng", "Người ký", "Đoàn Thạch Khuê", "Chứng thư")),
        ("en", ("VALID: the signatures hold", "Signer", "Root certificate")),
    ],
)
def test_text_can_be_read_in_both_languages(
    tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    text = text_of(written(tmp_path, judged(sealed()), language))
    assert [one for one in words if one not in text] == []


def test_only_our_embedded_typeface_is_used(tmp_path: Path) -> None:
    path = written(tmp_path, judged(sealed()))
    _, _, *fonts = run("pdffonts", path).stdout.splitlines()
    assert [one.split()[0] for one in fonts] == ["LienthongSerif"]
    assert " yes no  yes " in fonts[0]
    checked = run("mutool", "info", path)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_nothing_leaves_the_sheet(tmp_path: Path) -> None:
    leaf = replace(LEAF, name="W" * 500, organisation="tổ chức " * 90)
    signature = replace(
        SIGNATURE,
        field="y" * 500,
        signer="Mỹ" * 200,
        chain=(leaf,) * 12,
        revocation=(GOOD,) * 12,
    )
    verdict = replace(FAILED, signatures=(signature, *FAILED.signatures))
    path = written(tmp_path, replace(verdict, parts=(verdict,) * 30))
    boxes = run("pdftotext", "-bbox", path, "-").stdout
    places = [tuple(map(float, one)) for one in _WORD.findall(boxes)]
    assert len(places) > 100
    assert min(min(left, top) for left, top, _, _ in places) >= 40
    assert max(right for _, _, right, _ in places) <= 595 - 40
    assert max(bottom for _, _, _, bottom in places) <= 842 - 30


def test_letters_the_typeface_lacks_are_marked_and_not_fatal(tmp_path: Path) -> None:
    signature = replace(SIGNATURE, signer="漢字 Đoàn \x1b[2J 🖋")
    verdict = replace(
        PASSED, indication=Indication.TOTAL_PASSED, signatures=(signature,)
    )
    assert "?? Đoàn ?[2J ?" in text_of(written(tmp_path, verdict))
