"""`lienthong pki stamper`: the key for time stamps, made and renewed by commands."""

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange.cli import main
from exchange.commands.pki_stamper import is_due
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from pki.tsa.authority import TimeStampAuthority, end_of_key_use
from pki.tsa.register import MemoryTimeStampRegister
from tests.support.pki import NOW
from tests.support.time_stamps import info_of, request

PASSPHRASE = "a long enough passphrase\n"


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a CA and a passphrase."""
    path = tmp_path / "tsa.pass"
    path.touch(mode=0o600)
    path.write_text(PASSPHRASE)
    assert main(["pki", "init", "--name", "X", "--ca", str(tmp_path / "pki")]) == 0
    capsys.readouterr()
    return tmp_path


def command(folder: Path, *options: str) -> list[str]:
    return [
        "pki", "stamper", "--ca", str(folder / "pki"), "--out", str(folder),
        "--passphrase-file", str(folder / "tsa.pass"), *options,
    ]  # fmt: skip


def opened(folder: Path) -> Credential:
    address = f"pkcs12:{folder / 'tsa.p12'}"
    return load_credential(address, passphrase_file=folder / "tsa.pass")


def test_key_is_made_for_a_year_and_stamps(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(folder)) == 0
    told = capsys.readouterr().out
    lines = tomllib.loads(told[told.index("[keys.tsa]") :])
    assert lines["keys"]["tsa"]["uri"] == f"pkcs12:{folder / 'tsa.p12'}"
    register = lines["time_stamping"]["register"]
    assert register == str(folder / "pki" / "private" / "stamps.sqlite")
    assert (folder / "tsa.p12").stat().st_mode & 0o777 == 0o600
    credential = opened(folder)
    now = datetime.now(UTC)
    left = end_of_key_use(credential.certificate) - now
    assert timedelta(days=360) < left < timedelta(days=370)
    tsa = TimeStampAuthority(
        credential=credential,
        register=MemoryTimeStampRegister(now),
        clock=lambda: now,
        clock_is_sound=lambda: True,
    )
    assert info_of(tsa.answer(request()).response)["version"].native == "v1"


def test_key_is_renewed_always_or_when_it_is_due(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(folder, "--when-due")) == 0
    first = opened(folder).certificate
    capsys.readouterr()
    assert main(command(folder, "--when-due", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["made"] is False
    assert opened(folder).certificate == first
    assert main(command(folder)) == 0
    second = opened(folder).certificate
    assert second != first
    assert second.public_key() != first.public_key()


@pytest.mark.parametrize(("days", "due"), [(31, False), (30, True), (-1, True)])
def test_key_is_due_a_month_before_its_use_ends(days: int, *, due: bool) -> None:
    assert is_due(NOW + timedelta(days=days), NOW) is due
