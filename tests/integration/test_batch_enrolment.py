"""Batch enrolment by command: bad rows, approvals, and runs that are killed."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.batches import BatchFiles, batch_files, row
from tests.support.cli import Said, lienthong, passphrase

ROWS = 60


def pki(var: Path, *words: str | Path) -> Said:
    return lienthong("pki", *words, "--var", var, "--json")


def words_of(files: BatchFiles) -> tuple[str | Path, ...]:
    return ("batch", files.table, "--requests", files.requests, "--out", files.out)


def results(files: BatchFiles) -> list[dict[str, str]]:
    with (files.out / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def people(var: Path) -> list[str]:
    found = pki(var, "list").json["certificates"]
    return [one["serial"] for one in found if one["kind"] == "person"]


@pytest.fixture
def var(tmp_path: Path) -> Path:
    made = pki(tmp_path / "var", "init", "--name", "Thử", "--approvals", "none")
    assert made.code == 0, made.out
    return tmp_path / "var"


def test_bad_row_does_not_stop_the_others(var: Path, tmp_path: Path) -> None:
    files = batch_files(tmp_path, rows=6)
    shutil.copy(files.requests / "1.csr", files.requests / "same.csr")
    (files.requests / "broken.csr").write_bytes(b"no request")
    files.write(
        [
            row(1),
            row(2, request="absent.csr"),
            row(3, request="../list.csv"),
            row(4, request="broken.csr"),
            row(5, kind="nothing"),
            row(6, days="5000"),
            row(7, request="same.csr"),
            row(8, agency="H 99", request="2.csr"),
            row(9, request="3.csr"),
        ]
    )

    said = pki(var, *words_of(files))

    assert said.code == 1
    assert [one["code"] for one in results(files)] == [
        "",
        "file_unreadable",
        "file_unreadable",
        "issuance_refused",
        "batch_invalid",
        "validity_too_long",
        "key_reused",
        "organ_id_malformed",
        "",
    ]
    assert said.json["issued"] == len(people(var)) == 2
    made = x509.load_pem_x509_certificate((files.out / "9.pem").read_bytes())
    assert f"{made.serial_number:x}" == results(files)[8]["serial"]


def test_finished_batch_run_again_issues_nothing(var: Path, tmp_path: Path) -> None:
    files = batch_files(tmp_path, rows=3)
    first, before = pki(var, *words_of(files)), people(var)
    (files.out / "2.pem").unlink()

    again = pki(var, *words_of(files))

    assert (first.code, again.code) == (0, 0)
    assert people(var) == before
    assert (files.out / "2.pem").exists()


def test_batch_is_approved_as_a_whole_by_two_people(tmp_path: Path) -> None:
    var = tmp_path / "var"
    pki(var, "init", "--name", "Thử")
    secret = passphrase(tmp_path)
    proofs: list[str | Path] = []
    for name in ("Hoàng Thạch", "Bùi Khế"):
        added = pki(
            *(var, "operators", "add", name, "--passphrase-file", secret), *proofs
        )
        assert added.code == 0, added.out
        proofs += ["--operator", name, "--operator-passphrase-file", secret]
    files = batch_files(tmp_path, rows=3)

    filed = pki(var, *words_of(files))
    once = pki(var, "approve", filed.json["batch"], *proofs[:4])
    assert (filed.code, once.json["state"], people(var)) == (0, "pending", [])

    # Another request behind the same list is another batch.
    (files.requests / "2.csr").write_bytes((files.requests / "3.csr").read_bytes())
    changed = pki(var, *words_of(files), *proofs[4:])
    assert changed.json["state"] == "pending"
    assert changed.json["batch"] != filed.json["batch"]

    whole = pki(var, *words_of(files), *proofs[:4])
    assert whole.json["issued"] == 2  # the key of rows 2 and 3 is one


@pytest.mark.integration
@pytest.mark.parametrize("wait", [0.0, 0.15, 0.4])
def test_killed_run_is_continued_with_each_row_once(
    var: Path, tmp_path: Path, wait: float
) -> None:
    files = batch_files(tmp_path, rows=ROWS)
    words = [*words_of(files), "--var", var, "--json"]
    run = subprocess.Popen(
        [sys.executable, "-m", "exchange", "pki", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        journal = var / "pki" / "issuing-persons.journal"
        while journal.read_bytes().count(b"\n") < 5 and run.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(wait)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()

    said = pki(var, *words_of(files))

    assert said.code == 0, said.out
    serials = [one["serial"] for one in results(files)]
    assert len(set(serials)) == ROWS
    assert sorted(people(var)) == sorted(serials)
    assert len(list(files.out.glob("*.pem"))) == ROWS
    assert pki(var, "audit").code == 0
