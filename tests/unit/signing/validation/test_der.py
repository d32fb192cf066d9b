"""DER has one spelling."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.der import require_der, value_end
from signing.validation.limits import MAX_DER_DEPTH
from tests.support.judged_pdf import AGENCY, PERSON
from tests.support.odd_cms import build


def test_signed_data_is_der_throughout() -> None:
    require_der(build(PERSON, b"\x01" * 32))
    require_der(build(AGENCY, b"\x02" * 32))


def test_end_of_value_leaves_out_what_follows() -> None:
    assert value_end(bytes.fromhex("3003020101") + b"padding") == 5
    assert value_end(b"\x04\x81\x80" + bytes(128) + b"!") == 131


@pytest.mark.parametrize(
    ("spelling", "octets"),
    [
        ("nothing", ""),
        ("a tag alone", "30"),
        ("indefinite length", "3080020101 0000"),
        ("long form for a short length", "30810302 0101"),
        ("long form with a leading zero", "048200 80" + "00" * 128),
        ("length beyond the end", "3004020101"),
        ("inner length beyond the outer", "3003020201"),
        ("length of five octets", "04850000000001 00"),
        ("tag of several octets", "1f0101 00"),
        ("end-of-contents tag", "3002 0000"),
        ("bytes after the value", "3003020101 00"),
    ],
)
def test_other_spelling_is_refused(spelling: str, octets: str) -> None:
    with pytest.raises(SigningError) as refusal:
        require_der(bytes.fromhex(octets))
    assert refusal.value.code is ErrorCode.CMS_INVALID, spelling


def test_deep_nesting_is_refused_without_recursing_far() -> None:
    nested = b""
    for _ in range(MAX_DER_DEPTH + 5):
        nested = b"\x30" + bytes((len(nested),)) + nested
    with pytest.raises(SigningError):
        require_der(nested)
