"""Whoever keeps a head of the log sees that it was rewritten."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import ClientError
from clients.transport import RetryPolicy, Transport
from clients.witness import ForkedLogError, LogWitness, SeenHead, read_head
from pki.keys.api import Credential
from schemas import merkle
from schemas.errors import CodedError, ErrorCode
from schemas.evidence import TreeHead, write_tree_head
from signing.xmldsig.sign import sign_receipt
from tests.support.pki import NOW, TestPki
from tests.support.scripted_hub import scripted_hub

PKI = TestPki.create()
KEY = PKI.log()
HONEST = [b"entry %d" % number for number in range(9)]
REWRITTEN = [b"other", *HONEST[1:]]


class Log:
    """A log over some entries."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._nodes: dict[merkle.Coordinates, bytes] = {}
        self._roots = [merkle.EMPTY_ROOT]
        frontier: tuple[bytes, ...] = ()
        for index, one in enumerate(entries):
            grown = merkle.append(frontier, index, merkle.leaf_hash(one))
            frontier = grown.frontier
            self._nodes.update(grown.completed)
            self._roots.append(merkle.root(frontier))

    def head(self, size: int, log_id: str = "nhat-ky") -> TreeHead:
        return TreeHead(log_id=log_id, size=size, root_hash=self._roots[size], at=NOW)

    def growth(self, first: int, second: int) -> web.Response:
        path = merkle.consistency_path(first, second, lambda *at: self._nodes[at])
        return web.json_response({"path": [one.hex() for one in path]})


LOG = Log(HONEST)


def signed(head: TreeHead, key: Credential = KEY) -> bytes:
    return sign_receipt(write_tree_head(head), credential=key, at=NOW)


def seen(head: TreeHead, key: Credential = KEY) -> SeenHead:
    return read_head(signed(head, key))


def shown(head: TreeHead, key: Credential = KEY) -> web.Response:
    return web.Response(body=signed(head, key), content_type="application/xml")


@asynccontextmanager
async def witness(
    folder: Path, *answers: web.Response, pki: TestPki = PKI, now: datetime = NOW
) -> AsyncIterator[LogWitness]:
    async with scripted_hub(folder, PKI) as hub:
        hub.answers = list(answers)
        once = RetryPolicy(attempts=1, timeout=5)
        async with Transport(hub.address, retry=once) as transport:
            yield LogWitness(transport, trust=pki.material(), clock=lambda: now)


@pytest.mark.parametrize("size", [0, 1, 4, 5, 8])
async def test_log_that_grew_leads_on_from_what_was_seen(
    tmp_path: Path, size: int
) -> None:
    answers = [shown(LOG.head(9)), *([LOG.growth(size, 9)] if size else [])]
    async with witness(tmp_path, *answers) as one:
        now = await one.look([seen(LOG.head(size))])
    assert now.head == LOG.head(9)
    assert read_head(now.content) == now


async def test_first_head_and_the_same_head_are_held_to_nothing_more(
    tmp_path: Path,
) -> None:
    async with witness(tmp_path, shown(LOG.head(9)), shown(LOG.head(9))) as one:
        first = await one.look([])
        assert (await one.look([first])).head == first.head


OTHER = Log(REWRITTEN)
FORKS = {
    "rewritten, as long": (LOG.head(9), OTHER.head(9), None),
    "rewritten, longer": (LOG.head(5), OTHER.head(9), OTHER),
    "proof of the other log": (LOG.head(5), OTHER.head(9), LOG),
    "shorter": (LOG.head(9), LOG.head(5), None),
    "another log": (LOG.head(5), LOG.head(9, "khac"), None),
}


@pytest.mark.parametrize(("before", "now", "prover"), FORKS.values(), ids=FORKS.keys())
async def test_log_that_does_not_lead_on_is_told_with_both_heads(
    tmp_path: Path, before: TreeHead, now: TreeHead, prover: Log | None
) -> None:
    answers = [shown(now), *([prover.growth(5, 9)] if prover else [])]
    async with witness(tmp_path, *answers) as one:
        with pytest.raises(ForkedLogError) as caught:
            await one.look([seen(before)])
    assert caught.value.code is ErrorCode.LOG_FORKED
    assert (caught.value.earlier, caught.value.now.head) == (before, now)


async def test_head_by_another_key_than_the_logs_is_no_head(tmp_path: Path) -> None:
    answers = shown(Log(REWRITTEN).head(9), PKI.receipt())
    async with witness(tmp_path, answers) as one:
        with pytest.raises(ClientError) as caught:
            await one.look([seen(LOG.head(5))])
    assert not isinstance(caught.value, ForkedLogError)
    assert caught.value.code is ErrorCode.CERTIFICATE_USAGE_WRONG


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (TestPki.create().log(), ErrorCode.CHAIN_NOT_FOUND),
        (PKI.receipt(), ErrorCode.CERTIFICATE_USAGE_WRONG),
    ],
)
async def test_head_that_anybody_may_sign_proves_nothing_against_the_hub(
    tmp_path: Path, key: Credential, code: ErrorCode
) -> None:
    async with witness(tmp_path, shown(LOG.head(9)), LOG.growth(5, 9)) as one:
        with pytest.raises(ClientError) as caught:
            await one.look([seen(OTHER.head(5), key)])
    assert not isinstance(caught.value, ForkedLogError)
    assert caught.value.code is code


async def test_head_by_a_key_that_ended_since_is_held_to(tmp_path: Path) -> None:
    pki, later = TestPki.create(), NOW + timedelta(days=3 * 365)
    before = seen(OTHER.head(5), pki.log())
    for ca in (pki.root, pki.issuing):
        ca.now = later
    answers = (shown(LOG.head(9), pki.log()), LOG.growth(5, 9))
    async with witness(tmp_path, *answers, pki=pki, now=later) as one:
        with pytest.raises(ForkedLogError):
            await one.look([before])


@pytest.mark.parametrize("body", [b"", b"[]", b'{"path": [1]}', b'{"path": ["x"]}'])
async def test_malformed_proof_is_the_hubs_fault(tmp_path: Path, body: bytes) -> None:
    answer = web.Response(body=body, content_type="application/json")
    async with witness(tmp_path, shown(LOG.head(9)), answer) as one:
        with pytest.raises(ClientError) as caught:
            await one.look([seen(LOG.head(5))])
    assert caught.value.code is ErrorCode.ANSWER_MALFORMED


def test_kept_head_that_was_changed_is_not_read() -> None:
    changed = signed(LOG.head(5)).replace(b"<Size>5<", b"<Size>6<")
    with pytest.raises(CodedError):
        read_head(changed)
