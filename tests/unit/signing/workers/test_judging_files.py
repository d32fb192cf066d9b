"""A worker judges any kind of file as this process would."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from schemas.errors import ErrorCode
from schemas.verdict import FileKind, Indication, Verdict
from signing.validation.files import Question, judge_file, unread_file
from signing.validation.pdf import judge_pdf
from signing.workers import Job, WorkerFailure
from signing.workers.pool import WorkerPool
from tests.support import edxml
from tests.support.evidence_bundle import document_body, pdf_attachment, system
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import LETTER, sign

GIB = 1024**3
PKI = TestPki.create()
SENDER = system(PKI, edxml.COMMUNE, "qlvb-xa")


def _message() -> bytes:
    pdf = pdf_attachment(sign(LETTER.read_bytes(), PKI.person()))
    body = document_body(SENDER, (pdf,))
    header = f"MIME-Version: 1.0\r\nContent-Type: {body.content_type}\r\n\r\n"
    return header.encode() + body.data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    """One worker for all tests here: to start one takes most of a second."""
    async with WorkerPool(1, GIB, 30, (Job.JUDGE_FILE,)) as warm:
        yield warm


async def test_worker_gives_the_verdict_of_this_process(pool: WorkerPool) -> None:
    material = PKI.material()
    question = Question(material=material, at=None, now=NOW, judge_pdf=judge_pdf)
    for data in (_message(), b"", b"%PDF-1.7 broken", b"PK\x03\x04", b"text"):
        found = await pool.run(Job.JUDGE_FILE, data, material=material, now=NOW)
        assert found == judge_file(data, question)


async def test_pdf_inside_a_message_is_judged_too(pool: WorkerPool) -> None:
    found = await pool.run(Job.JUDGE_FILE, _message(), material=PKI.material(), now=NOW)
    assert isinstance(found, Verdict)
    assert found.kind is FileKind.ENVELOPE
    assert [one.kind for one in found.parts] == [FileKind.PDF]


async def test_without_a_time_nothing_is_judged(pool: WorkerPool) -> None:
    with pytest.raises(WorkerFailure) as refused:
        await pool.run(Job.JUDGE_FILE, b"text")
    assert refused.value.code is ErrorCode.REQUEST_INVALID


@pytest.mark.parametrize(
    ("data", "kind"), [(b"%PDF-1.7", FileKind.PDF), (b"<x/>", FileKind.UNKNOWN)]
)
def test_file_that_broke_its_worker_is_neither_valid_nor_proved_invalid(
    data: bytes, kind: FileKind
) -> None:
    verdict = unread_file(data, WorkerFailure(ErrorCode.LIMIT_EXCEEDED))
    assert (verdict.kind, verdict.indication) == (kind, Indication.INDETERMINATE)
    assert verdict.reasons[0].code is ErrorCode.LIMIT_EXCEEDED
