"""A document is prepared and completed in a process without the key."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding

from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.errors import SigningError
from signing.pades.kept import KeptState
from signing.pades.remote_request import RemoteRequest
from signing.profiles import SignatureLevel
from signing.validation.pdf import judge_pdf
from signing.workers.codec import decode, encode
from signing.workers.failure import WorkerFailure
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart
from signing.workers.pool import WorkerPool
from signing.workers.protocol import SIGNING_JOBS, Job, Request
from signing.workers.signing_jobs import raise_level
from tests.support.levels import LevelDesk
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER
from tests.support.small_pdf import assemble
from tests.support.world import material_of

PKI = TestPki.create()
SIGNER = PKI.issuing.issue("Đoàn Khuê")
SOURCE = LETTER.read_bytes()
MEMORY = 1 << 30


def instructions(signer: Credential = SIGNER, request: bytes = b"{}") -> bytes:
    certificates = (signer.certificate, *signer.chain)
    der = [one.public_bytes(Encoding.DER) for one in certificates]
    fields = {
        "request": request.decode(),
        "certificates": [b64encode(one).decode() for one in der],
        "image": "",
        "room": 0,
    }
    return json.dumps(fields).encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    """One worker for all tests here: to start one takes most of a second."""
    async with WorkerPool(1, MEMORY, 20.0, SIGNING_JOBS) as warm:
        yield warm


async def test_prepared_in_one_process_and_completed_in_another(
    pool: WorkerPool,
) -> None:
    part = await pool.run(Job.PREPARE, SOURCE, at=NOW, instructions=instructions())
    assert isinstance(part, PreparedPart)
    state = KeptState.from_json(part.kept)
    value = SIGNER.key.sign(state.attributes, state.scheme)
    asked = {
        "state": part.kept.decode(),
        "value": b64encode(value).decode(),
        "token": "",
    }
    prepared = SOURCE + part.added
    async with WorkerPool(1, MEMORY, 20.0, SIGNING_JOBS) as other:
        done = await other.run(
            Job.COMPLETE, prepared, instructions=json.dumps(asked).encode()
        )
    assert isinstance(done, CompletedPart)
    start, end = state.gap
    signed = prepared[:start] + done.contents + prepared[end:]
    verdict = judge_pdf(signed, material=material_of(PKI), at=NOW)
    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("document", "request_json", "code"),
    [
        (b"no PDF", b"{}", ErrorCode.PDF_MALFORMED),
        (SOURCE, b'{"colour": "blue"}', ErrorCode.REQUEST_INVALID),
        (SOURCE, b'{"role": "agency-seal"}', ErrorCode.PERSON_SIGNATURE_MISSING),
    ],
)
async def test_refusal_comes_back_by_its_code(
    pool: WorkerPool, document: bytes, request_json: bytes, code: ErrorCode
) -> None:
    with pytest.raises(WorkerFailure) as refused:
        await pool.run(
            Job.PREPARE,
            document,
            at=NOW,
            instructions=instructions(request=request_json),
        )
    assert refused.value.code is code


def test_time_stamp_that_would_break_the_signature_is_not_asked_for() -> None:
    """The tree of pages stands in the catalog, so that any of its pages may differ."""
    link = "<< /Type /Annot /Subtype /Link /Rect [9 9 99 29] >>"
    bodies = {
        1: "<< /Type /Catalog /Pages << /Type /Pages /Count 1 /Kids [2 0 R] >> >>",
        2: f"<< /Type /Page /MediaBox [0 0 595 842] /Annots [{link}] >>",
    }
    source = assemble({number: body.encode() for number, body in bodies.items()})
    desk = LevelDesk()
    asked = Request(
        job=Job.RAISE,
        payload=desk.signed(source, SignatureLevel.B_T),
        material=desk.material(),
        at=desk.now,
        instructions=b'{"room": 0}',
    )
    assert raise_level(asked).added
    with pytest.raises(SigningError) as refused:
        raise_level(replace(asked, instructions=b'{"room": 9000}'))
    assert refused.value.code is ErrorCode.PDF_MALFORMED


def test_parts_come_back_as_they_were_sent() -> None:
    chains = ((b"end", b"root"), (b"other",))
    parts = (RaisedPart(b"\xff", (1, 2), b"d"), RaisedPart(b"", unproven=chains))
    for part in parts:
        assert decode(encode(part), RaisedPart) == part


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"[]",
        b'{"role": "king"}',
        b'{"role": 1}',
        b'{"placement": [1, 2, 3]}',
        b'{"placement": [1, 2, 3, 4, true]}',
        b'{"placement": [1, 2, 3, 4, NaN]}',
        b'{"lines": "a"}',
        b'{"lines": ["\\u0000"]}',
        b'{"issued": 5}',
        b'{"unknown": 1}',
        b"[" * 10_000,
    ],
)
def test_request_that_is_none_is_refused_by_its_code(written: bytes) -> None:
    with pytest.raises(SigningError) as refused:
        RemoteRequest.from_json(written)
    assert refused.value.code is ErrorCode.REQUEST_INVALID
