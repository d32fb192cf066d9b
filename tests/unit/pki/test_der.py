"""DER is written exactly and read strictly."""

import pytest
from cryptography import x509

from pki.der import (
    BOOLEAN,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    element,
    integer,
    object_identifier,
    sequence,
)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_536])
def test_written_elements_are_read_back(size: int) -> None:
    encoded = element(OCTET_STRING, b"x" * size) + element(BOOLEAN, b"\xff")
    reader = DerReader(encoded)
    assert reader.content(OCTET_STRING) == b"x" * size
    assert reader.optional(OCTET_STRING) is None
    assert reader.whole(BOOLEAN) == b"\x01\x01\xff"
    reader.finish()


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.3.6.1.5.5.7.48.1.2", "06092b0601050507300102"),
        ("2.5.29.15", "0603551d0f"),
        ("2.999.1", "0603883701"),
    ],
)
def test_object_identifiers_are_written_as_the_standard_does(
    dotted: str, encoded: str
) -> None:
    assert object_identifier(x509.ObjectIdentifier(dotted)).hex() == encoded


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "30",
        "3001",
        "3080",
        "308000",
        "30810100",
        "30817f" + "00" * 127,
        "30820080" + "00" * 128,
        "3085000000000100",
        "0400",
    ],
)
def test_what_is_not_der_is_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"element|length"):
        DerReader(bytes.fromhex(encoded)).content(SEQUENCE)


def test_data_after_the_last_element_is_refused() -> None:
    reader = DerReader(sequence() + b"\x00")
    reader.content(SEQUENCE)
    with pytest.raises(ValueError, match="after"):
        reader.finish()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (256, "02020100"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
    ],
)
def test_integer_has_the_fewest_octets(value: int, encoded: str) -> None:
    assert integer(value).hex() == encoded
