"""EST bodies and headers, read strictly; how often an address may ask."""

from base64 import b64encode, encodebytes

import pytest

from exchange.errors import ExchangeError
from exchange.http.buckets import Buckets, site_of
from exchange.http.enrolment_wire import CodeProof, read_basic, read_request_body
from schemas.errors import ErrorCode

DER = b"\x30\x82" + bytes(200)


@pytest.mark.parametrize(
    "body",
    [
        b64encode(DER),
        encodebytes(DER),
        encodebytes(DER).replace(b"\n", b"\r\n"),
        b"\t " + b64encode(DER) + b"\r\n",
    ],
)
def test_white_space_between_the_characters_is_tolerated(body: bytes) -> None:
    assert read_request_body(body) == DER


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b64encode(DER)[:-1], "base64"),
        (b"MIIB*AAA", "base64"),
        (b"MIIB-_AA", "base64"),
        (b"MIIBAA==MIIB", "base64"),
        (b"-----BEGIN CERTIFICATE REQUEST-----", "base64"),
        (DER, "base64"),
        ("MIIBĀ===".encode(), "base64"),
        (b64encode(b"-----BEGIN"), "PKCS #10"),
        (b" \r\n", "PKCS #10"),
    ],
)
def test_what_is_no_der_in_base64_is_refused(body: bytes, place: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        read_request_body(body)
    assert (caught.value.code, caught.value.place) == (ErrorCode.REQUEST_INVALID, place)


def basic(text: str, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_code_and_secret_are_read_as_user_and_password(scheme: str) -> None:
    assert read_basic(basic("K7:a:b", scheme)) == CodeProof("K7", "a:b")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ****",
        "Bearer abc",
        basic("K7:secret", "Bearer"),
        basic("K7"),
        basic("K7:"),
        basic(":secret"),
        "Basic /////w==",
    ],
)
def test_missing_or_unreadable_code_is_told_as_missing(header: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        read_basic(header)
    assert caught.value.code is ErrorCode.ENROLMENT_CODE_MISSING


def test_secret_is_left_out_of_what_prints_it() -> None:
    assert "sesame" not in repr(CodeProof("K7", "sesame"))


def test_rate_admits_so_many_and_more_with_time() -> None:
    now = [0.0]
    rate = Buckets(2, seconds=60, clock=lambda: now[0])
    assert [rate.take("a") for _ in range(3)] == [True, True, False]
    assert rate.take("b")
    now[0] = 29
    assert not rate.take("a")
    now[0] = 31
    assert rate.take("a")
    assert not rate.take("a")


def test_rate_forgets_the_quietest_when_there_are_too_many() -> None:
    rate = Buckets(1, seconds=60, clock=lambda: 0.0)
    assert rate.take("first")
    for number in range(10_000):
        rate.take(str(number))
    assert rate.admits("first")
    assert not rate.admits("9999")


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_all_addresses_of_an_ipv6_subscriber_count_as_one(
    address: str, site: str
) -> None:
    assert site_of(address) == site
