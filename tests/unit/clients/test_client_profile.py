"""The connection of a system, read from its file."""

from pathlib import Path

import pytest

from clients.errors import ClientError
from clients.profile import load_profile
from schemas.errors import ErrorCode

GOOD = {
    "agency": '"H99.151"',
    "system": '"qlvb-suoimay"',
    "hub": '"https://127.0.0.1:8443"',
    "authority": '"authority.pem"',
    "certificate": '"system.pem"',
    "key": '"system.key"',
    "signer": '"pkcs12:system.p12"',
    "passphrase_file": '"system.passphrase"',
    "trust": '["root.pem"]',
    "intermediates": "[]",
    "revocation": '["pki"]',
}


def write(folder: Path, **changes: str | None) -> Path:
    values = {key: value for key, value in (GOOD | changes).items() if value}
    path = folder / "client.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in values.items()))
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path))

    assert profile.address.key == tmp_path / "system.key"
    assert profile.signer == f"pkcs12:{tmp_path / 'system.p12'}"
    assert profile.trust == (tmp_path / "root.pem",)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"port": "1"}, "port"),
        ({"hub": None}, "hub"),
        ({"agency": '"H 99"'}, "OrganId"),
        ({"trust": '"root.pem"'}, "trust"),
        ({"key": "3"}, "key"),
        ({"hub": '"http://127.0.0.1:8443"'}, "hub"),
        ({"hub": '"https://:8443"'}, "hub"),
        ({"hub": '"https://127.0.0.1:port"'}, "hub"),
    ],
)
def test_wrong_key_is_refused_by_name(
    tmp_path: Path, changes: dict[str, str | None], place: str
) -> None:
    with pytest.raises(ClientError) as refusal:
        load_profile(write(tmp_path, **changes))

    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert refusal.value.place == place
