"""Downloads over a line that breaks, over real mutual TLS."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import RefusedError, UnreachableError
from clients.resuming import Arrived
from clients.transport import Request, RetryPolicy, Transport
from schemas.errors import ErrorCode
from tests.support.breaking_hub import CONTENT, TAG, breaking
from tests.support.scripted_hub import refused

IMPATIENT = RetryPolicy(attempts=3, first_pause=0.01, longest_pause=0.02, timeout=5)
GET = Request(method="GET", path="/v1/envelopes/1")


async def test_answer_that_breaks_off_goes_on_where_it_ended(tmp_path: Path) -> None:
    told = list[int]()
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        answer = await transport.send(replace(GET, told=told.append))

    assert (answer.status, answer.body) == (200, CONTENT)
    # Four lines, where three attempts are all: what brought something is none.
    assert len(hub.asked) == 4
    offsets = [int(one[6:-1]) for one in hub.asked[1:]]
    assert offsets == sorted(set(offsets))
    assert (told[-1], sorted(told)) == (len(CONTENT), told)


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": ""},
        {"ETag": f"W/{TAG}"},
        {"Accept-Ranges": "none"},
        {"Content-Encoding": "identity"},
    ],
    ids=["no tag", "weak tag", "no ranges", "coded"],
)
async def test_answer_that_does_not_name_its_bytes_begins_anew(
    tmp_path: Path, headers: Mapping[str, str]
) -> None:
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.headers = headers
        with pytest.raises(UnreachableError):
            await transport.send(GET)

    assert hub.asked == ["", "", ""]


async def test_hub_that_hands_out_the_whole_again_is_not_asked_for_ever(
    tmp_path: Path,
) -> None:
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.ignores_ranges = True
        hub.breaks_after = 4096
        with pytest.raises(UnreachableError):
            await transport.send(GET)
        hub.breaks_after = len(CONTENT)
        answer = await transport.send(GET)

    assert answer.body == CONTENT


async def test_what_arrived_outlives_the_hubs_absence_and_a_second_try(
    tmp_path: Path,
) -> None:
    arrived = Arrived()
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        absent = [web.Response(status=503) for _ in range(IMPATIENT.attempts)]
        hub.answers = [None, *absent]
        with pytest.raises(UnreachableError):
            await transport.send(replace(GET, arrived=arrived))
        kept = Arrived(arrived.tag, arrived.content)
        assert 0 < kept.size <= hub.breaks_after
        hub.asked.clear()
        answer = await transport.send(replace(GET, arrived=kept))

    assert answer.body == CONTENT
    assert hub.asked[0] == f"bytes={arrived.size - 1}-"


async def test_refusal_of_the_rest_is_a_refusal(tmp_path: Path) -> None:
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.answers = [None, refused("step_not_allowed", status=409)]
        with pytest.raises(RefusedError) as refusal:
            await transport.send(GET)

    assert refusal.value.code is ErrorCode.STEP_NOT_ALLOWED


async def test_rest_that_is_not_there_makes_it_begin_anew(tmp_path: Path) -> None:
    too_much = Arrived(TAG, CONTENT + b"more")
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.answers = [refused("range_not_satisfiable", status=416)]
        hub.breaks_after = len(CONTENT)
        answer = await transport.send(replace(GET, arrived=too_much))

    assert answer.body == CONTENT
    assert hub.asked == [f"bytes={len(CONTENT) + 3}-", ""]


async def test_hub_that_takes_back_its_ranges_is_not_asked_for_ever(
    tmp_path: Path,
) -> None:
    gone = [refused("range_not_satisfiable", status=416) for _ in range(9)]
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.answers = [one for each in gone for one in (None, each)]
        with pytest.raises(UnreachableError):
            await transport.send(GET)

    # Twice what it brought counted; after that, three attempts are all.
    assert len(hub.asked) < 9


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"others"', "Content-Range": "bytes 299999-1048575/1048576"},
        {"ETag": TAG, "Content-Range": "bytes 300000-1048575/1048576"},
        {"ETag": TAG, "Content-Range": "bytes 299999-1048575/*"},
        {"ETag": TAG},
        {"Content-Range": "bytes 299999-1048575/1048576"},
    ],
    ids=["of other bytes", "of another place", "of no size", "of no place", "unnamed"],
)
async def test_part_that_does_not_go_on_is_not_joined_and_all_begins_anew(
    tmp_path: Path, headers: Mapping[str, str]
) -> None:
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.answers = [web.Response(status=206, body=b"x", headers=headers)]
        kept = Arrived(TAG, CONTENT[:300_000])
        answer = await transport.send(replace(GET, arrived=kept))

    assert answer.body == CONTENT
    assert hub.asked[:2] == ["bytes=299999-", ""]


async def test_answer_of_which_all_arrived_is_asked_for_its_last_byte_alone(
    tmp_path: Path,
) -> None:
    kept = Arrived(TAG, CONTENT)
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        answer = await transport.send(replace(GET, arrived=kept))

    assert (answer.status, answer.body) == (200, CONTENT)
    assert hub.asked == [f"bytes={len(CONTENT) - 1}-"]


async def test_part_that_ends_before_the_end_is_not_the_whole(tmp_path: Path) -> None:
    part = CONTENT[299_999:400_000]
    place = f"bytes 299999-399999/{len(CONTENT)}"
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        short = {"ETag": TAG, "Content-Range": place}
        hub.answers = [web.Response(status=206, body=part, headers=short)]
        kept = Arrived(TAG, CONTENT[:300_000])
        answer = await transport.send(replace(GET, arrived=kept))

    assert answer.body == CONTENT
    assert hub.asked[1] == "bytes=399999-"


async def test_part_nobody_asked_for_is_no_answer(tmp_path: Path) -> None:
    place = {"ETag": TAG, "Content-Range": f"bytes 0-9/{len(CONTENT)}"}
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        hub.answers = [
            web.Response(status=206, body=CONTENT[:10], headers=place) for _ in range(9)
        ]
        with pytest.raises(UnreachableError):
            await transport.send(GET)


async def test_who_asks_for_a_range_itself_gets_that(tmp_path: Path) -> None:
    own = replace(GET, headers={"Range": "bytes=1048570-"})
    async with (
        breaking(tmp_path) as hub,
        Transport(hub.hub.address, retry=IMPATIENT) as transport,
    ):
        answer = await transport.send(own)

    assert (answer.status, answer.body) == (206, CONTENT[1_048_570:])
