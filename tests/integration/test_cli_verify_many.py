"""Verifying folders and several files at the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exchange.commands.output import Output, Progress
from pki.keys.api import Credential
from tests.support.cli import Said, lienthong
from tests.support.hub import pem
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, sign
from tests.support.small_pdf import small_pdf

AT = ("--at", NOW.isoformat())
ALONE = ("--jobs", "1")
"""Where nothing hangs on how many processes judge: each takes time to start."""


@pytest.fixture(scope="module")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents beside a root and its lists."""
    folder = tmp_path_factory.mktemp("cabinet")
    pki = TestPki.create()
    _write_trust(folder, pki)
    _write_documents(folder / "docs", pki.person())
    return folder


def _write_trust(folder: Path, pki: TestPki) -> None:
    (folder / "root.pem").write_bytes(pem(pki.root.root))
    (folder / "issuing.pem").write_bytes(pem(pki.issuing.credential.certificate))
    for number, crl in enumerate(pki.crls()):
        (folder / f"{number}.crl").write_bytes(crl)


def _write_documents(docs: Path, person: Credential) -> None:
    signed = sign(LETTER.read_bytes(), person)
    changed = bytearray(signed)
    changed[len(changed) // 3] ^= 1
    (docs / "sâu" / "hơn").mkdir(parents=True)
    (docs / ".git").mkdir()
    (docs / "sâu" / "hơn" / "dung.pdf").write_bytes(signed)
    (docs / "a-dung.pdf").write_bytes(signed)
    (docs / "b-sai.pdf").write_bytes(changed)
    (docs / "c-trong.pdf").write_bytes(b"")
    (docs / "d-chua-ky.pdf").write_bytes(small_pdf())
    (docs / ".an.pdf").write_bytes(changed)
    (docs / ".git" / "e.pdf").write_bytes(changed)


def verify(cabinet: Path, *words: str | Path) -> Said:
    return lienthong(
        *("verify", *AT, "--trust", cabinet / "root.pem", "--revocation", cabinet),
        *("--intermediate", cabinet / "issuing.pem", "--jobs", "2", *words),
    )


def lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(one) for one in said.out.splitlines()]


def test_folder_is_searched_to_its_ground_without_what_is_hidden(
    cabinet: Path,
) -> None:
    said = verify(cabinet, cabinet / "docs", "--json")
    names = [Path(one["name"]).relative_to(cabinet / "docs") for one in lines(said)]
    assert list(map(str, names)) == [
        *("a-dung.pdf", "b-sai.pdf", "c-trong.pdf", "d-chua-ky.pdf"),
        "sâu/hơn/dung.pdf",
    ]


def test_queue_of_an_archive_is_no_document_of_it(
    cabinet: Path, tmp_path: Path
) -> None:
    shutil.copy(cabinet / "docs" / "a-dung.pdf", tmp_path / "a-dung.pdf")
    assert lienthong("upgrades", "add", tmp_path, "--level", "t").code == 0
    (tmp_path / "lienthong-upgrades.lock").touch()
    kept = {one.name for one in tmp_path.iterdir()}

    said = verify(cabinet, tmp_path, "--json")

    assert {"a-dung.pdf", "lienthong-upgrades.sqlite"} < kept
    assert [one["name"] for one in lines(said)] == [str(tmp_path / "a-dung.pdf")]
    assert said.code == 0


def test_every_file_has_the_verdict_it_has_alone(cabinet: Path) -> None:
    for found in lines(verify(cabinet, cabinet / "docs", "--json")):
        alone = verify(cabinet, found["name"], "--json").json
        assert {**found, "name": ""} == alone


def test_exit_code_is_that_of_the_worst(cabinet: Path) -> None:
    docs = cabinet / "docs"
    good, bad, unsigned = (
        docs / one for one in ("a-dung.pdf", "b-sai.pdf", "d-chua-ky.pdf")
    )
    assert verify(cabinet, good, docs / "sâu", *ALONE).code == 0
    assert verify(cabinet, good, unsigned, *ALONE).code == 2
    assert verify(cabinet, unsigned, bad, good, *ALONE).code == 1


def test_table_shows_the_worst_first_with_signer_level_and_reason(
    cabinet: Path,
) -> None:
    said = verify(cabinet, cabinet / "docs")
    head, *rows, _, summary = said.out.splitlines()
    assert head.split()[0] == "Tệp"
    assert ["KHÔNG HỢP LỆ" in one for one in rows] == [True, True, False, False, False]
    assert "b-sai.pdf" in rows[0]
    assert rows[-1].split()[-6:] == ["hợp", "lệ", "Đoàn", "Thạch", "Khuê", "PAdES-B-B"]
    assert summary == "KHÔNG HỢP LỆ: 2, chưa kết luận được: 1, hợp lệ: 2"


def test_file_that_cannot_be_read_is_a_verdict_among_others(cabinet: Path) -> None:
    good, gone = cabinet / "docs" / "a-dung.pdf", cabinet / "gone.pdf"
    first, second = lines(verify(cabinet, gone, good, "--json", *ALONE))
    assert first["indication"] == "INDETERMINATE"
    assert [one["code"] for one in first["reasons"]] == ["file_unreadable"]
    assert second["indication"] == "TOTAL-PASSED"


def test_same_file_named_twice_is_judged_once(cabinet: Path) -> None:
    good = cabinet / "docs" / "a-dung.pdf"
    assert len(lines(verify(cabinet, good, good, "--json"))) == 1


def test_link_to_another_folder_is_not_followed(cabinet: Path, tmp_path: Path) -> None:
    shutil.copy(cabinet / "docs" / "a-dung.pdf", tmp_path)
    (tmp_path / "elsewhere").symlink_to(cabinet / "docs")
    assert len(lines(verify(cabinet, tmp_path, "--json"))) == 1


def test_name_that_is_not_text_is_shown_and_not_fatal(
    cabinet: Path, tmp_path: Path
) -> None:
    odd = os.fsdecode(b"v\xffn.pdf")
    shutil.copy(cabinet / "docs" / "a-dung.pdf", tmp_path / odd)
    (found,) = lines(verify(cabinet, tmp_path, "--json"))
    assert found["name"].endswith("v\ufffdn.pdf")
    assert found["indication"] == "TOTAL-PASSED"


def test_empty_folder_is_refused(cabinet: Path, tmp_path: Path) -> None:
    said = verify(cabinet, tmp_path, "--json")
    assert (said.code, said.error) == (1, "file_unreadable")


def test_no_jobs_at_all_is_wrong_usage(cabinet: Path) -> None:
    assert verify(cabinet, cabinet / "docs", "--jobs", "0").code == 3


def test_progress_goes_to_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Progress(2, Output()).step("một")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    Progress(2, Output()).step("một")
    assert "1/2 một" in capsys.readouterr().err
    Progress(2, Output(), unit="KiB").step("một")
    assert "1/2 KiB một" in capsys.readouterr().err


def test_progress_of_what_nobody_counted_is_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    unknown, again = Progress(None, Output()), Progress(2, Output())
    for _ in range(500):
        unknown.step()
    unknown.end()
    again.to(2)
    again.to(2)
    shown, bars = capsys.readouterr().err.split("\n", 1)
    assert "500 " in shown.rpartition("\r")[2]
    # A terminal is slower than the work: not each step is drawn, the end once.
    assert shown.count("\r") < 100
    assert (bars.count("2/2"), bars.count("\n")) == (1, 1)
    Progress(None, Output(as_json=True)).step()
    assert capsys.readouterr().err == ""


def test_reader_who_has_seen_enough_is_no_fault(cabinet: Path) -> None:
    words = ("--trust", cabinet / "root.pem", "--json", *AT, cabinet / "docs")
    with subprocess.Popen(
        [sys.executable, "-m", "exchange", "verify", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        running.stdout.close()  # type: ignore[union-attr]  # it was asked for above
        said = running.stderr.read()  # type: ignore[union-attr]  # it was asked for above
    assert (running.returncode, said) == (141, b"")
