"""Accounts are kept from the command line; passwords never stand in an argument."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.services import fingerprint
from pki.files import PRIVATE, PUBLIC, write_atomically
from tests.support.cli import Said, lienthong
from tests.support.pki import TestPki

PASSWORD = b"bon tu roi rac nhau\n"
ADD = ("add", "an.nguyen", "--name", "Nguyễn Văn An", "--role", "auditor")
Call = Callable[..., Said]

pytestmark = pytest.mark.integration


@pytest.fixture
def call(
    tmp_path: Path,
    mongod_uri: str,
    mongo_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Call:
    """The verb, on a database of its own, with a key for second factors."""
    key = tmp_path / "totp.key"
    write_atomically(key, bytes(range(32)), mode=PRIVATE)
    write_atomically(tmp_path / "password", PASSWORD, mode=PRIVATE)
    for name, value in {
        "MONGODB__URI": mongod_uri,
        "MONGODB__DATABASE": mongo_database,
        "ACCOUNTS__TOTP_KEY_FILE": str(key),
    }.items():
        monkeypatch.setenv(f"LIENTHONG__{name}", value)

    def called(*words: str | Path) -> Said:
        return lienthong("accounts", *words, "--json", "--var", tmp_path)

    return called


def test_list_shows_people_who_is_locked_and_until_when_a_role_counts(
    call: Call, tmp_path: Path
) -> None:
    made = call(
        "add",
        "an.nguyen",
        "--name",
        "An",
        "--no-password",
        "--role",
        "auditor:2030-12-31",
    )
    assert made.code == 0
    locked = lienthong("accounts", "lock", "an.nguyen", "--var", tmp_path)
    listed = lienthong("accounts", "list", "--var", tmp_path)
    assert "khóa" in locked.out
    assert "auditor:2030-12-31" in listed.out
    assert "khóa" in listed.out


def test_account_goes_through_its_life_and_no_secret_is_shown(
    call: Call, tmp_path: Path
) -> None:
    file = ("--password-file", tmp_path / "password")
    assert call(*ADD, *file).code == 0
    assert call(*ADD, *file).error == "account_taken"
    assert call("lock", "an.nguyen").json["disabled"] is True
    assert call("unlock", "an.nguyen").json["disabled"] is False
    until = call("roles", "an.nguyen", "--role", "operator:2030-12-31").json
    assert [one["role"] for one in until["roles"]] == ["operator"]
    assert until["roles"][0]["valid_to"] == "2030-12-31T17:00:00.000Z"
    assert call("reset", "an.nguyen", *file).json["must_change_password"] is True

    said = call("list")
    (listed,) = said.json["accounts"]
    assert listed == until | {"second_factor": False}
    assert PASSWORD.decode().strip() not in said.out
    assert "argon2" not in said.out

    address = tmp_path / "otpauth"
    said = call("totp", "an.nguyen", "--out", address)
    assert said.code == 0
    assert address.read_text().startswith("otpauth://totp/")
    assert address.stat().st_mode & 0o777 == PRIVATE
    assert "secret=" not in said.out
    assert call("list").json["accounts"][0]["second_factor"] is True
    assert call("totp", "an.nguyen", "--remove").json["second_factor"] is False


def test_person_without_a_password_is_bound_to_a_key_and_an_identity(
    call: Call, tmp_path: Path
) -> None:
    own = TestPki.create().issuing.issue("Nguyễn Văn An").certificate
    file = tmp_path / "an.pem"
    write_atomically(file, own.public_bytes(Encoding.PEM))
    assert call(*ADD, "--no-password").json["password"] is False
    identity = ("--identity", "https://id.example", "248 289")
    bound = call("bind", "an.nguyen", "--certificate", file, *identity).json
    assert bound["certificates"] == [fingerprint(own)]
    named = {"issuer": "https://id.example", "subject": "248 289"}
    assert bound["identities"] == [named]
    certificate_alone = call("bind", "an.nguyen", "--certificate", file).json
    assert certificate_alone["identities"] == [named]
    assert call("bind", "an.nguyen").error == "usage"
    assert call("bind", "an.nguyen", "--none").json["identities"] == []


def test_what_cannot_be_is_refused(call: Call, tmp_path: Path) -> None:
    write_atomically(tmp_path / "open", PASSWORD, mode=PUBLIC)
    file = ("--password-file", tmp_path / "password")
    *start, _ = ADD
    refused = {
        ("lock", "nobody"): "account_not_found",
        ("reset", "nobody", *file): "account_not_found",
        (*start, "clerk", *file): "agency_unknown",
        (*start, "clerk@X77", *file): "agency_unknown",
        (*start, "system@X77", *file): "usage",
        (*start, "auditor:soon", *file): "usage",
        (*ADD, "--password-file", tmp_path / "open"): "key_file_exposed",
        # Without a terminal nobody can be asked.
        ADD: "usage",
    }
    assert {words: call(*words).error for words in refused} == refused
