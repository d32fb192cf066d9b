"""Reports as files: the same verdict in every form."""

from pathlib import Path

import pytest

from tests.support.cli import Said, lienthong
from tests.support.etsi_schema import departure
from tests.support.hub import pem
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, sign

AT = ("--at", NOW.isoformat())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed letter beside a root and its lists."""
    folder = tmp_path_factory.mktemp("desk")
    pki = TestPki.create()
    (folder / "root.pem").write_bytes(pem(pki.root.root))
    (folder / "issuing.pem").write_bytes(pem(pki.issuing.credential.certificate))
    for number, crl in enumerate(pki.crls()):
        (folder / f"{number}.crl").write_bytes(crl)
    (folder / "letter.pdf").write_bytes(sign(LETTER.read_bytes(), pki.person()))
    return folder


def verify(desk: Path, *words: str | Path) -> Said:
    return lienthong(
        *("verify", *AT, "--trust", desk / "root.pem", "--revocation", desk),
        *("--intermediate", desk / "issuing.pem", *words),
    )


def test_page_is_written_in_the_language_asked(desk: Path, tmp_path: Path) -> None:
    for language, word in (("vi", "HỢP LỆ"), ("en", "VALID: the signatures hold")):
        out = tmp_path / f"{language}.html"
        words = ("--lang", language, "--report", f"html:{out}")
        assert verify(desk, desk / "letter.pdf", *words).code == 0
        page = out.read_text("utf-8")
        assert page.startswith(f'<!DOCTYPE html><html lang="{language}">')
        assert word in page


def test_etsi_report_is_written_beside_the_usual_answer(
    desk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.xml"
    said = verify(desk, desk / "letter.pdf", "--json", "--report", f"xml:{out}")
    assert (said.code, said.json["indication"]) == (0, "TOTAL-PASSED")
    assert departure(out.read_bytes()) is None
    assert b"mainindication:total-passed" in out.read_bytes()


@pytest.mark.parametrize("wrong", ["xml", "xml:", "doc:a.doc", ":a"])
def test_unknown_form_or_no_file_is_wrong_usage(desk: Path, wrong: str) -> None:
    assert verify(desk, desk / "letter.pdf", "--report", wrong).code == 3


def test_report_never_replaces_what_it_is_about(desk: Path) -> None:
    letter = desk / "letter.pdf"
    before = letter.read_bytes()
    assert verify(desk, letter, "--report", f"xml:{letter}").code == 3
    assert letter.read_bytes() == before


def test_report_that_cannot_be_written_is_refused(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "absent" / "report.xml"
    said = verify(desk, desk / "letter.pdf", "--json", "--report", f"xml:{out}")
    assert (said.code, said.error) == (1, "file_not_written")


def test_report_on_many_files_is_wrong_usage(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.xml"
    said = verify(desk, desk, "--report", f"xml:{out}")
    assert (said.code, out.exists()) == (3, False)


def test_several_reports_are_written_at_once(desk: Path, tmp_path: Path) -> None:
    words = [f"{form}:{tmp_path / form}" for form in ("pdf", "html", "xml")]
    options = (word for one in words for word in ("--report", one))
    assert verify(desk, desk / "letter.pdf", *options).code == 0
    starts = {one.name: one.read_bytes()[:5] for one in tmp_path.iterdir()}
    assert starts == {"pdf": b"%PDF-", "html": b"<!DOC", "xml": b"<?xml"}
