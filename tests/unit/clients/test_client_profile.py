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
    text = "\n".join(f"{key} = {value}" for key, value in values.items())
    path.write_text(text, "utf-8")
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
        ({"hub": '"https://hub.example/x"'}, "hub"),
        ({"hub": '"https://hub.example/x/"'}, "hub"),
        ({"hub": '"https://hub.example?a=b"'}, "hub"),
        ({"hub": '"https://hub.example#f"'}, "hub"),
        ({"hub": '"https://user@hub.example"'}, "hub"),
        ({"hub": '"https://user:secret@hub.example"'}, "hub"),
        ({"hub": '"https://a..b"'}, "hub"),
        ({"hub": f'"https://{"a" * 64}.example"'}, "hub"),
        ({"hub": '"https://a b"'}, "hub"),
        ({"hub": '"https://a\\\\b"'}, "hub"),
        ({"hub": '"https://*"'}, "hub"),
        ({"hub": '"https://hub\\n.example"'}, "hub"),
        ({"hub": '"https://hub\\u0000.example"'}, "hub"),
        ({"key": '"system\\u0000.key"'}, "key"),
        ({"signer": '"pkcs12:system\\u0000.p12"'}, "signer"),
        ({"trust": '["root.pem", "\\u0000"]'}, "trust"),
    ],
)
def test_wrong_key_is_refused_by_name(
    tmp_path: Path, changes: dict[str, str | None], place: str
) -> None:
    with pytest.raises(ClientError) as refusal:
        load_profile(write(tmp_path, **changes))

    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert refusal.value.place == place


@pytest.mark.parametrize(
    "hub",
    [
        "https://hub.example",
        "https://hub.example:8443/",
        "HTTPS://HUB_1:8443",
        "https://[::1]:8443",
        "https://trục.example",
    ],
)
def test_address_of_a_hub_is_host_and_port(tmp_path: Path, hub: str) -> None:
    assert load_profile(write(tmp_path, hub=f'"{hub}"')).address.url == hub
