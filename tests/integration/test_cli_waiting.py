"""What waits is sent whatever becomes of the letter before it."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from clients.outbox import Outbox
from clients.transport import RetryPolicy, Transport
from exchange.commands import hub as connection
from exchange.commands import send as verb
from tests.support.cli import Said
from tests.support.client_profile import SYSTEM, call, write_profile
from tests.support.pki import TestPki
from tests.support.scripted_hub import refused
from tests.support.taking_hub import TakingHub, taking_hub

NOBODY = "https://127.0.0.1:1"
LARGE = 1 << 21


@pytest.fixture
async def hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TakingHub]:
    """A hub, and a client of it that is not patient."""
    impatient = RetryPolicy(attempts=2, first_pause=0.01, timeout=5)
    monkeypatch.setattr(connection, "Transport", partial(Transport, retry=impatient))
    async with taking_hub(tmp_path, TestPki.create(now=datetime.now(UTC))) as running:
        write_profile(tmp_path, running.pki, running.hub)
        yield running


async def send(folder: Path, *words: str | Path, subject: str = "") -> Said:
    """Send a letter with this subject; without one, what waits."""
    about = ("--to", "H99", "--notation", "UBND", "--subject", subject)
    letter = ("--waiting",) if not subject else about
    profile = ("--profile", folder / "client.toml", "--var", folder, "--json")
    return await call("send", *letter, *words, *profile)


def leads_to(folder: Path, url: str) -> None:
    profile = folder / "client.toml"
    lines = profile.read_text("utf-8").splitlines()
    other = [f'hub = "{url}"' if one.startswith("hub =") else one for one in lines]
    profile.write_text("\n".join(other), "utf-8")


async def put(hub: TakingHub, folder: Path, subject: str, *words: str) -> None:
    """Keep a letter while nobody is there."""
    leads_to(folder, NOBODY)
    await send(folder, *words, subject=subject)
    leads_to(folder, hub.hub.address.url)


def large(folder: Path, size: int = LARGE) -> Path:
    path = folder / "du-lieu.csv"
    path.write_bytes(os.urandom(size))
    return path


def waiting(folder: Path) -> int:
    return Outbox(folder / "outbox" / SYSTEM).count_waiting()


def subjects(hub: TakingHub, *wanted: str) -> list[str]:
    """Return which of these subjects were accepted, in turn."""
    return [one for body in hub.letters for one in wanted if one.encode() in body]


def not_believed(request: web.Request, body: bytes) -> web.Response | None:
    """Answer letters about `Mot` with a page of something else."""
    del request
    return web.Response(status=201, body=b"<html/>") if b">Mot<" in body else None


async def test_letter_that_does_not_get_through_holds_back_no_other(
    hub: TakingHub, tmp_path: Path
) -> None:
    hub.instead = not_believed
    await put(hub, tmp_path, "Mot", "--number", "1")

    said = await send(tmp_path, "--number", "2", subject="Hai")

    assert (said.code, said.error) == (1, "receipt_mismatch")
    assert len(said.json["sent"]) == 1
    (failed,) = said.json["failed"]
    assert (failed["waiting"], failed["error"]) == (True, said.json["error"])
    assert subjects(hub, ">Mot<", ">Hai<") == [">Hai<"]
    assert waiting(tmp_path) == 1


async def test_later_letter_of_the_same_document_waits_for_the_earlier(
    hub: TakingHub, tmp_path: Path
) -> None:
    hub.instead = not_believed
    await put(hub, tmp_path, "Mot", "--number", "1")
    await put(hub, tmp_path, "Mot, ban dung", "--number", "1", "--urgency", "3")

    held = await send(tmp_path)
    hub.instead = lambda *_: None
    later = await send(tmp_path)

    assert (held.code, held.json["sent"]) == (1, [])
    assert len(later.json["sent"]) == 2
    assert subjects(hub, ">Mot<", ">Mot, ban dung<") == [">Mot<", ">Mot, ban dung<"]


async def test_urgent_letter_goes_before_those_that_waited_longer(
    hub: TakingHub, tmp_path: Path
) -> None:
    await put(hub, tmp_path, "Mot", "--number", "1")
    await put(hub, tmp_path, "Hai", "--number", "2")
    await put(hub, tmp_path, "Hoa toc", "--number", "3", "--urgency", "3")

    await send(tmp_path)

    order = [">Hoa toc<", ">Mot<", ">Hai<"]
    assert subjects(hub, *order) == order


async def test_run_ends_after_two_letters_that_nobody_was_there_for(
    hub: TakingHub, tmp_path: Path
) -> None:
    for number in ("1", "2", "3"):
        await put(hub, tmp_path, "Cho", "--number", number)
    leads_to(tmp_path, NOBODY)

    said = await send(tmp_path)

    assert (said.code, said.error) == (1, "hub_unreachable")
    assert len(said.json["failed"]) == 2
    assert waiting(tmp_path) == 3


async def test_run_ends_after_two_letters_that_the_hub_does_not_take_for_now(
    hub: TakingHub, tmp_path: Path
) -> None:
    for number in ("1", "2", "3"):
        await put(hub, tmp_path, "Cho", "--number", number)
    hub.instead = lambda *_: refused("maintenance", status=503)

    said = await send(tmp_path)

    assert (said.code, said.error) == (1, "maintenance")
    assert len(said.json["failed"]) == 2


async def test_run_ends_at_once_where_the_hub_is_not_recognised(
    hub: TakingHub, tmp_path: Path
) -> None:
    for number in ("1", "2"):
        await put(hub, tmp_path, "Cho", "--number", number)
    leads_to(tmp_path, hub.hub.address.url.replace("127.0.0.1", "localhost"))

    said = await send(tmp_path)

    assert (said.code, said.error) == (1, "hub_not_recognised")
    assert len(said.json["failed"]) == 1


async def test_line_that_breaks_within_large_letters_brings_the_small_ones(
    hub: TakingHub, tmp_path: Path
) -> None:
    file = large(tmp_path)
    for number in ("1", "2"):
        await put(hub, tmp_path, "Lon", str(file), "--number", number)
    hub.brings = 50_000

    said = await send(tmp_path, "--number", "3", subject="Nho")

    assert [one["error"]["code"] for one in said.json["failed"]] == (
        ["hub_unreachable"] * 2
    )
    assert subjects(hub, ">Nho<", ">Lon<") == [">Nho<"]


@pytest.mark.parametrize(("size", "brings"), [(600_000, 200_000), (140_000, 100_000)])
async def test_letter_goes_in_parts_at_once_where_the_line_breaks_within_it(
    hub: TakingHub, tmp_path: Path, size: int, brings: int
) -> None:
    hub.brings = brings

    said = await send(tmp_path, large(tmp_path, size), "--number", "1", subject="Vua")

    assert (said.code, len(said.json["sent"])) == (0, 1)
    assert subjects(hub, ">Vua<") == [">Vua<"]
    assert min(hub.parts) < brings
    assert hub.broken.count("/v1/envelopes") == 1


async def test_letter_smaller_than_two_parts_is_sent_again_as_it_is(
    hub: TakingHub, tmp_path: Path
) -> None:
    hub.brings = 50_000

    said = await send(tmp_path, large(tmp_path, 60_000), "--number", "1", subject="Nho")

    assert (said.code, said.error) == (1, "hub_unreachable")
    assert (hub.broken, hub.parts) == (["/v1/envelopes"] * 2, [])


async def test_letter_that_takes_the_hub_too_long_goes_in_parts_the_next_time(
    hub: TakingHub, tmp_path: Path
) -> None:
    def too_long(_: web.Request, body: bytes) -> web.Response | None:
        is_large = len(body) > 1_500_000
        return refused("request_timeout", status=408) if is_large else None

    hub.instead = too_long
    late = await send(tmp_path, large(tmp_path), "--number", "1", subject="Lon")
    later = await send(tmp_path)

    assert (late.code, late.error) == (1, "request_timeout")
    assert (later.code, len(later.json["sent"])) == (0, 1)
    assert max(hub.parts) > 1_500_000 > min(hub.parts)


async def test_command_that_is_typed_again_the_next_day_is_one_letter(
    hub: TakingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Tomorrow":
            del tz
            moment = datetime.now(UTC) + timedelta(days=1)
            return cls.fromtimestamp(moment.timestamp(), UTC)

    await put(hub, tmp_path, "Mot", "--number", "1")
    monkeypatch.setattr(verb, "datetime", Tomorrow)
    words = ("--number", "1")
    first = await send(tmp_path, *words, subject="Mot")
    second = await send(tmp_path, *words, subject="Mot")
    again = await send(tmp_path, *words, "--again", subject="Mot")

    assert len(first.json["sent"]) == 1
    assert second.code == 0, second.out
    assert (second.json["sent"], len(second.json["earlier"])) == ([], 1)
    assert len(again.json["sent"]) == 1
    assert len(hub.letters) == 2


async def test_letter_of_another_day_by_its_date_is_another_letter(
    hub: TakingHub, tmp_path: Path
) -> None:
    yesterday = date.today() - timedelta(days=2)  # noqa: DTZ011 - far from midnight
    await send(tmp_path, "--number", "1", subject="Mot")

    said = await send(
        tmp_path, "--number", "1", "--date", str(yesterday), subject="Mot"
    )

    assert len(said.json["sent"]) == 1
    assert len(hub.letters) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("du-lieu.csv",),
        ("--to", "H99"),
        ("--kind", "Quyết định"),
        ("--urgency", "3"),
        ("--encrypt",),
        ("--date", "2026-11-20"),
        ("--again",),
    ],
    ids=lambda words: words[0],
)
async def test_sending_what_waits_takes_no_document(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = await call("send", "--waiting", *words, "--var", tmp_path, "--json")

    assert said.code == 3
    assert words[0] in said.out
