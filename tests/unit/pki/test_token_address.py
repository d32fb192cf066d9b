"""`pkcs11:` addresses of keys."""

from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.keys.token_address import TokenAddress, parse_token_address
from schemas.errors import ErrorCode

MODULE = Path("/opt/hsm/module.so")


def test_address_names_module_token_and_key() -> None:
    uri = (
        "pkcs11:token=Tr%E1%BB%A5c;serial=0a1b;type=private;object=receipts;id=%01%fe"
        "?module-path=/opt/hsm/module.so"
    )
    assert parse_token_address(uri) == TokenAddress(
        module=MODULE,
        token="Trục",
        serial="0a1b",
        label="receipts",
        key_id=b"\x01\xfe",
    )


def test_configured_module_serves_an_address_without_one() -> None:
    assert parse_token_address("pkcs11:token=Hub;id=%01", MODULE).module == MODULE


def test_module_in_the_address_is_preferred() -> None:
    uri = "pkcs11:token=Hub;id=%01?module-path=/other.so"
    assert parse_token_address(uri, MODULE).module == Path("/other.so")


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("pkcs12:hub.p12", "pkcs11:"),
        ("pkcs11:", "token"),
        ("pkcs11:object=a", "token"),
        ("pkcs11:token=Hub", "object"),
        ("pkcs11:token=;object=a", "token"),
        ("pkcs11:token=Hub;token=Other;object=a", "token"),
        ("pkcs11:token=Hub;object=a;type=public", "type"),
        ("pkcs11:token=Hub;object=a;slot-id=3", "slot-id"),
        ("pkcs11:token=Hub;object=%zz", "object"),
        ("pkcs11:token=Hub;object=a b", "object"),
        ("pkcs11:token=%ff;object=a", "token"),
        ("pkcs11:token=Hub;object=a;", ""),
        ("pkcs11:token=Hub;object=a?module-path=module.so", "module-path"),
        ("pkcs11:token=Hub;object=a?module-name=softhsm", "module-name"),
    ],
)
def test_address_outside_the_subset_is_refused_by_part(uri: str, part: str) -> None:
    with pytest.raises(PkiError) as refusal:
        parse_token_address(uri, MODULE)
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert refusal.value.place == f"pkcs11: {part}"


def test_address_without_any_module_is_refused() -> None:
    with pytest.raises(PkiError) as refusal:
        parse_token_address("pkcs11:token=Hub;object=a")
    assert refusal.value.place == "pkcs11: module-path"


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:token=Hub;object=a?pin-value=20261121",
        "pkcs11:token=Hub;object=a;pin-value=20261121",
        "pkcs11:token=Hub;object=a?module-path=/m.so&pin-source=20261121",
    ],
)
def test_pin_in_an_address_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(PkiError) as refusal:
        parse_token_address(uri, MODULE)
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert "20261121" not in str(refusal.value)
