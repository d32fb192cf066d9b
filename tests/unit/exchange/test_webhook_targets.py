"""Where webhooks may point (SSRF)."""

import pytest

from exchange.domain.decisions import Refuse
from exchange.domain.webhooks import Target, TargetPolicy, may_connect, read_target
from schemas.errors import ErrorCode

POLICY = TargetPolicy(
    hosts=frozenset({"inside.example", "127.0.0.1:9080"}), ports=frozenset({443, 8443})
)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://public.example/", "http"),
        ("http://127.0.0.1/", "http"),
        ("http://127.0.0.1:9081/", "http"),
        ("https://user@public.example/", "user"),
        ("https://user:secret@public.example/", "user"),
        ("https://@public.example/", "user"),
        ("https://public.example@inside.example/", "user"),
        ("https://public.example/#part", "fragment"),
        ("https://public.example:22/", "port"),
        ("https://inside.example:22/", "port"),
        ("https://public.example:0/", "url"),
        ("https://public.example:99999/", "url"),
        ("https://public.example:x/", "url"),
        ("ftp://public.example/", "url"),
        ("file:///etc/passwd", "url"),
        ("gopher://public.example/", "url"),
        ("//public.example/", "url"),
        ("https:///nowhere", "url"),
        ("https://[::1/", "url"),
        ("https://public.example/ space", "url"),
        ("https://public.example\\@inside.example/", "url"),
        ("https://public.example/\r\nHost: other", "url"),
        ("https://pübliç.example/", "url"),
        ("https://public.example/" + "a" * 2000, "url"),
        ("", "url"),
    ],
    ids=str,
)
def test_odd_target_is_refused(url: str, place: str) -> None:
    assert read_target(url, POLICY) == Refuse(ErrorCode.WEBHOOK_TARGET_REFUSED, place)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://public.example/hook?a=1", "public.example", 443),
        ("https://PUBLIC.example:8443", "public.example", 8443),
        ("https://[2a00::1]/", "2a00::1", 443),
        ("http://inside.example:443/", "inside.example", 443),
        ("http://127.0.0.1:9080/hook", "127.0.0.1", 9080),
    ],
    ids=str,
)
def test_good_target_is_taken_apart(url: str, host: str, port: int) -> None:
    target = read_target(url, POLICY)

    assert isinstance(target, Target)
    assert (target.url, target.host, target.port) == (url, host, port)


PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1%eth0",
    "ff02::1",
    "not-an-address",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_is_not_public_is_not_connected_to(address: str) -> None:
    assert not may_connect(address, is_listed=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00::1", "::ffff:8.8.8.8"])
def test_public_address_is_connected_to(address: str) -> None:
    assert may_connect(address, is_listed=False)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "fc00::1"])
def test_listed_host_may_be_private(address: str) -> None:
    assert may_connect(address, is_listed=True)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "x"])
def test_listed_host_is_still_one_host(address: str) -> None:
    assert not may_connect(address, is_listed=True)
