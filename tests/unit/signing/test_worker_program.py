"""A worker started ahead of what its caller loads."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.verdict import Indication
from signing.api import verify_data
from signing.worker_program import worker_ahead
from tests.support.judged_pdf import TRUSTED, person_signed
from tests.support.pki import NOW


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    path = tmp_path / "signed.pdf"
    path.write_bytes(person_signed())
    return path


def test_worker_that_waits_judges_the_file_and_ends(signed: Path) -> None:
    with worker_ahead(signed) as waiting:
        (worker,) = waiting
        verdict = verify_data(
            signed.read_bytes(), material=TRUSTED, at=NOW, waiting=waiting
        )
        assert waiting == []
        assert worker.returncode is not None
    assert verdict.indication is Indication.TOTAL_PASSED


def test_worker_that_nobody_takes_is_ended(signed: Path) -> None:
    with worker_ahead(signed) as waiting:
        (worker,) = waiting
        assert worker.poll() is None
    assert worker.returncode is not None


@pytest.mark.parametrize("content", [b"", b"<edXML/>", b"PK\x03\x04", None])
def test_no_worker_is_started_for_what_is_no_pdf(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with worker_ahead(path) as waiting:
        assert waiting == []


def test_verify_has_loaded_nothing_heavy_when_its_worker_starts() -> None:
    code = "import exchange.cli, exchange.commands.verify, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {one.partition(".")[0] for one in done.stdout.split()}
    assert loaded.isdisjoint({"cryptography", "lxml", "asyncio", "pki", "email"})
