"""The authority of a running service: requests together, keys renewed, limits."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.clock_check import ClockReading, ClockWatch
from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.http.metrics import Metrics
from exchange.rate import Rate
from exchange.settings.certification import (
    CaSettings,
    PublicationSettings,
    TimeStampingSettings,
)
from exchange.settings.keys import KeySettings, KeysSettings, KeyUri
from exchange.settings.server import Role
from exchange.time_stamping import FollowedTimeStamping
from pki.keys.software import SoftwareKey, save_pkcs8
from pki.tsa.clock import ClockPolicy, ClockSource
from pki.tsa.register import SqliteTimeStampRegister
from schemas.errors import ErrorCode
from tests.support.certificates import p256
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import failure_of, info_of, request, tsa_credential

PKI = TestPki.create()


@dataclass(slots=True)
class Counted:
    """What an operator would see."""

    outcomes: list[str] = field(default_factory=list)
    is_sound: bool | None = None
    ends: list[datetime] = field(default_factory=list)

    def stamp_asked(self, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.outcomes.append(outcome)

    def clock_checked(self, *, is_sound: bool) -> None:
        self.is_sound = is_sound

    def stamp_key_opened(self, end: datetime) -> None:
        self.ends.append(end)


@dataclass(slots=True)
class Desk:
    """An authority in a folder, with clocks that stand where they are put."""

    folder: Path
    counted: Counted = field(default_factory=Counted)
    wall: int = 0

    def renew(self) -> bytes:
        """Write a new key; return its certificate."""
        key = p256()
        credential = tsa_credential(PKI, key=key)
        chain = (credential.certificate, *credential.chain)
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
        path = self.folder / "tsa.pem"
        path.touch(mode=0o600)
        path.write_bytes(save_pkcs8(SoftwareKey(key), None) + pem)
        return credential.certificate.public_bytes(Encoding.DER)

    def settings(self, **changes: object) -> Settings:
        stamping: dict[str, object] = {
            "register": self.folder / "stamps.sqlite",
            "clock": ClockSource.TRUSTED,
        }
        address = KeyUri(f"file:{self.folder / 'tsa.pem'}")
        return Settings(
            roles=(Role.CA,),
            ca=CaSettings(folder=self.folder),
            publication=PublicationSettings(folder=self.folder),
            keys=KeysSettings(tsa=KeySettings(uri=address)),
            time_stamping=TimeStampingSettings(**{**stamping, **changes}),  # type: ignore[arg-type]  # a test's own words
        )

    @contextmanager
    def open(self, **changes: object) -> Iterator[FollowedTimeStamping]:
        settings = self.settings(**changes)
        accuracy = ClockPolicy(
            source=ClockSource.TRUSTED, accuracy=NOW - NOW.replace(microsecond=0)
        )
        watch = ClockWatch(accuracy, read=lambda: ClockReading(self.wall, 0))
        stamping = FollowedTimeStamping(settings, lambda: NOW, self.counted, watch)
        with closing(stamping):
            yield stamping


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.renew()
    return made


def digests(number: int) -> list[bytes]:
    return [sha256(bytes((one,))).digest() for one in range(number)]


async def answers(stamping: FollowedTimeStamping, number: int) -> list[bytes | None]:
    asked = (stamping.answer(request(one)) for one in digests(number))
    return list(await asyncio.gather(*asked))


def imprint_of(answer: bytes | None) -> bytes:
    assert answer is not None
    value: bytes = info_of(answer)["message_imprint"]["hashed_message"].native
    return value


async def test_requests_that_come_together_each_get_their_own_stamp(
    desk: Desk,
) -> None:
    with desk.open() as stamping:
        got = await answers(stamping, 80)
    assert [imprint_of(one) for one in got] == digests(80)
    serials = {info_of(one)["serial_number"].native for one in got if one}
    with closing(SqliteTimeStampRegister(desk.folder / "stamps.sqlite", NOW)) as kept:
        assert {kept.get(one).serial for one in serials} == serials
        assert len(kept) == len(serials) == 80
    assert desk.counted.outcomes == ["granted"] * 80


async def test_requests_that_come_together_share_durable_writes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    whole = SqliteTimeStampRegister.add_all

    def add_all(
        self: SqliteTimeStampRegister, imprints: list[bytes], at: datetime
    ) -> object:
        sizes.append(len(imprints))
        return whole(self, imprints, at)

    monkeypatch.setattr(SqliteTimeStampRegister, "add_all", add_all)
    with desk.open() as stamping:
        await answers(stamping, 64)
    assert sum(sizes) == 64
    assert len(sizes) < 10


async def test_caller_that_leaves_takes_no_other_stamp_with_him(desk: Desk) -> None:
    with desk.open() as stamping:
        asked = [
            asyncio.create_task(stamping.answer(request(one))) for one in digests(3)
        ]
        await asyncio.sleep(0)
        asked[0].cancel()
        others = await asyncio.gather(*asked[1:])
        assert [imprint_of(one) for one in others] == digests(3)[1:]
        assert imprint_of(await stamping.answer(request())) is not None


async def test_more_than_the_rate_allows_are_told_to_wait(desk: Desk) -> None:
    with desk.open(stamps_per_second=5) as stamping:
        got = await answers(stamping, 20)
    assert len([one for one in got if one]) in {5, 6}
    assert desk.counted.outcomes.count("busy") in {14, 15}


def test_rate_comes_back_evenly() -> None:
    now = 0.0
    rate = Rate(10, lambda: now)
    assert [rate.take() for _ in range(11)] == [True] * 10 + [False]
    now += 0.25
    assert [rate.take() for _ in range(3)] == [True, True, False]
    now += 3600
    assert [rate.take() for _ in range(11)] == [True] * 10 + [False]


async def test_renewed_key_stamps_without_a_restart(desk: Desk) -> None:
    with desk.open() as stamping:
        assert not await stamping.refresh()
        first = await stamping.answer(request())
        renewed = desk.renew()
        assert await stamping.refresh()
        second = await stamping.answer(request())
    assert first is not None
    assert second is not None
    assert renewed not in first
    assert renewed in second
    assert len(desk.counted.ends) == 2


async def test_key_that_cannot_be_used_leaves_the_old_one(desk: Desk) -> None:
    with desk.open() as stamping:
        (desk.folder / "tsa.pem").write_bytes(b"no key")
        assert not await stamping.refresh()
        assert imprint_of(await stamping.answer(request()))
        renewed = desk.renew()
        assert await stamping.refresh()
        assert renewed in (await stamping.answer(request()) or b"")


async def test_clock_set_back_while_nothing_ran_stamps_nothing(desk: Desk) -> None:
    register = SqliteTimeStampRegister(desk.folder / "stamps.sqlite", NOW)
    with closing(register):
        register.add(b"\x30\x00", NOW + timedelta(milliseconds=1))
    with desk.open() as stamping:
        answer = await stamping.answer(request())
        assert failure_of(answer or b"") == {"time_not_available"}
        assert desk.counted.is_sound is False
    with desk.open(clock=ClockSource.KERNEL) as vouched_for:
        assert imprint_of(await vouched_for.answer(request()))


async def test_clock_that_jumped_ends_stamping_and_is_told(desk: Desk) -> None:
    with desk.open() as stamping:
        assert desk.counted.is_sound is True
        desk.wall = 10_000_000_000
        answer = await stamping.answer(request())
        assert answer is not None
        assert failure_of(answer) == {"time_not_available"}
        assert desk.counted.is_sound is False
        assert desk.counted.outcomes == ["time_not_available"]


async def test_failure_inside_is_counted_apart(desk: Desk) -> None:
    with desk.open() as stamping:
        stamping._authority.register.close()
        answer = await stamping.answer(request())
    assert answer is not None
    assert failure_of(answer) == {"system_failure"}
    assert desk.counted.outcomes == ["system_failure"]


def test_policy_that_is_none_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(ExchangeError) as refusal, desk.open(policies=("x",)):
        pass
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert refusal.value.place == "time_stamping.policies"


def test_process_that_makes_no_stamps_raises_no_alarm_about_its_clock() -> None:
    page = Metrics().page().decode()
    assert "lienthong_clock_sound NaN" in page
    assert "lienthong_time_stamp_key_end NaN" in page
