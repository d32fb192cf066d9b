"""Several authorities: order, failures, breakers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from pki.errors import PkiError
from pki.trust import TrustStore
from pki.tsa.request import FailureInfo
from pki.tsa.servers import Breaker, BreakerRules, TimeStampClient, TimeStampServer
from pki.tsa.stamp_token import rejected
from schemas.errors import ErrorCode
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import DIGEST, authority, tsa_credential

PKI = TestPki.create()
TRUST = TrustStore.from_material(PKI.material())
CREDENTIAL = tsa_credential(PKI)
RULES = BreakerRules(
    failures=2,
    first_pause=timedelta(seconds=10),
    longest_pause=timedelta(seconds=35),
)
FIRST, SECOND = "first", "second"


@dataclass(slots=True)
class Network:
    """Servers that work, are down, or answer nonsense; and a clock."""

    down: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    now: datetime = NOW

    def __call__(self, address: str, request: bytes) -> bytes:
        self.asked.append(address)
        if address in self.down:
            raise TimeoutError
        if address in self.refusing:
            return rejected(FailureInfo.TIME_NOT_AVAILABLE)
        tsa = authority(CREDENTIAL, clock=lambda: self.now)
        return tsa.answer(request).response

    def client(self, *addresses: str) -> TimeStampClient:
        servers = [TimeStampServer(address=one, trust=TRUST) for one in addresses]
        return TimeStampClient(servers, self, lambda: self.now, RULES)


def test_first_server_is_preferred() -> None:
    network = Network()
    stamp = network.client(FIRST, SECOND).stamp(DIGEST)
    assert stamp.at == NOW
    assert network.asked == [FIRST]


@pytest.mark.parametrize(
    "network",
    [Network(down={FIRST}), Network(refusing={FIRST})],
    ids=["down", "refusing"],
)
def test_second_server_serves_when_the_first_does_not(network: Network) -> None:
    assert network.client(FIRST, SECOND).stamp(DIGEST).at == NOW
    assert network.asked == [FIRST, SECOND]


def test_server_that_fails_again_is_left_alone_for_a_while() -> None:
    network = Network(down={FIRST})
    client = network.client(FIRST, SECOND)
    for _ in range(4):
        client.stamp(DIGEST)
    assert network.asked.count(FIRST) == RULES.failures
    network.now += RULES.first_pause
    network.down.clear()
    network.asked.clear()
    client.stamp(DIGEST)
    assert network.asked == [FIRST]
    assert client.state_of(FIRST) == Breaker()


def test_every_failure_is_told_by_the_last_one() -> None:
    network = Network(down={FIRST}, refusing={SECOND})
    client = network.client(FIRST, SECOND)
    with pytest.raises(PkiError) as refusal:
        client.stamp(DIGEST)
    assert refusal.value.code is ErrorCode.TIME_STAMP_UNAVAILABLE
    assert refusal.value.place == "time_stamp_refused: time_not_available"
    client = network.client(SECOND, FIRST)
    with pytest.raises(PkiError) as refusal:
        client.stamp(DIGEST)
    assert refusal.value.place == "TimeoutError"


@pytest.mark.parametrize("addresses", [(), (FIRST,)])
def test_no_server_left_to_ask_is_a_coded_refusal(addresses: tuple[str, ...]) -> None:
    network = Network(down={FIRST})
    client = network.client(*addresses)
    for _ in range(RULES.failures):
        with pytest.raises(PkiError):
            client.stamp(DIGEST)
    with pytest.raises(PkiError) as refusal:
        client.stamp(DIGEST)
    assert refusal.value.code is ErrorCode.TIME_STAMP_UNAVAILABLE
    assert refusal.value.place == "no server"


def test_every_request_has_a_nonce_of_its_own() -> None:
    requests: list[bytes] = []
    network = Network()

    def transport(address: str, request: bytes) -> bytes:
        requests.append(request)
        return network(address, request)

    server = TimeStampServer(address=FIRST, trust=TRUST)
    client = TimeStampClient([server], transport, lambda: NOW)
    for _ in range(3):
        client.stamp(DIGEST)
    assert len(set(requests)) == 3


def test_breaker_opens_for_longer_and_longer_up_to_its_limit() -> None:
    breaker, pauses = Breaker(), []
    for _ in range(6):
        breaker = breaker.after_failure(NOW, RULES)
        pauses.append(breaker.open_until and (breaker.open_until - NOW).seconds)
    assert pauses == [None, 10, 20, 35, 35, 35]


def test_breaker_that_failed_for_years_still_has_its_limit() -> None:
    breaker = Breaker(failures=100_000).after_failure(NOW, RULES)
    assert breaker.open_until == NOW + RULES.longest_pause


def test_open_breaker_allows_at_its_end() -> None:
    breaker = Breaker(2, NOW + timedelta(seconds=10))
    assert not breaker.allows(NOW + timedelta(seconds=9.9))
    assert breaker.allows(NOW + timedelta(seconds=10))
    assert Breaker().allows(NOW)
