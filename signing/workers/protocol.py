"""What the parent and a worker say to each other over two pipes.

Request: length of the header, header (JSON), then the bytes it counts. Answer: length,
then ``+`` and the result in JSON, or ``-`` and the code of the failure. The first
answer of a worker, before any request, says that it is ready.
"""

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from pki.policy.reading import read_policy
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.pades.text_lines import DocumentText
from signing.validation.drawn import DrawnPage
from signing.validation.found import EvidenceFound
from signing.workers.failure import WorkerFailure
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart

LENGTH = struct.Struct(">I")
MAX_ANSWER_BYTES = 16 * 1024 * 1024
DONE, FAILED = b"+", b"-"
OUT_OF_MEMORY = 12
"""Exit code of a worker that cannot hold a request (ENOMEM)."""

NO_MATERIAL = TrustMaterial()

Made = PreparedPart | CompletedPart | RaisedPart
Result = Verdict | tuple[str, ...] | DocumentText | DrawnPage | EvidenceFound | Made


class Job(StrEnum):
    """What a worker does; nothing else can be asked of it."""

    JUDGE_PDF = "judge_pdf"
    JUDGE_FILE = "judge_file"
    FIRST_PAGE_LINES = "first_page_lines"
    DOCUMENT_TEXT = "document_text"
    DRAW_PAGE = "draw_page"
    FIND_EVIDENCE = "find_evidence"
    FIND_FACTS = "find_facts"
    JUDGE_FACTS = "judge_facts"
    PREPARE = "prepare"
    COMPLETE = "complete"
    RAISE = "raise"


RESULT_TYPES = {
    Job.JUDGE_PDF: Verdict,
    Job.JUDGE_FILE: Verdict,
    Job.FIRST_PAGE_LINES: tuple[str, ...],
    Job.DOCUMENT_TEXT: DocumentText,
    Job.DRAW_PAGE: DrawnPage,
    Job.FIND_EVIDENCE: EvidenceFound,
    Job.FIND_FACTS: tuple[str, ...],
    Job.JUDGE_FACTS: Verdict,
    Job.PREPARE: PreparedPart,
    Job.COMPLETE: CompletedPart,
    Job.RAISE: RaisedPart,
}

SIGNING_JOBS = (Job.PREPARE, Job.COMPLETE, Job.RAISE)
READING_JOBS = tuple(one for one in Job if one not in SIGNING_JOBS)
"""Done by other processes than those that sign: they load no signer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One job with all it needs; a worker reads no file and no clock.

    Args:
        at: the control time.
        now: what stands in for a control time where a file has none of its own.
        instructions: what else the job needs, as JSON.
    """

    job: Job
    payload: bytes
    material: TrustMaterial = NO_MATERIAL
    at: datetime | None = None
    proven_at: datetime | None = None
    now: datetime | None = None
    instructions: bytes = b""


def kept_after(request: Request, kept: TrustMaterial) -> TrustMaterial:
    """Return what a worker keeps of the trust material after a request.

    It keeps the last there was, so that lists of megabytes cross once, not with every
    file. Parent and worker both go by this.

    Args:
        request: the one sent or read.
        kept: what it kept before.
    """
    return kept if request.material == NO_MATERIAL else request.material


def write_request(
    request: Request, kept: TrustMaterial = NO_MATERIAL
) -> tuple[bytes, ...]:
    """Return the parts of a request in the order in which they are sent.

    Args:
        request: what is asked.
        kept: the material that the worker keeps.
    """
    material, is_kept = request.material, request.material == kept
    groups = (
        material.roots,
        material.intermediates,
        material.crls,
        material.ocsps,
        (material.policy.source,) if material.policy else (),
    )
    header = json.dumps(
        {
            "job": request.job,
            "at": _moment(request.at),
            "proven_at": _moment(request.proven_at),
            "now": _moment(request.now),
            "payload": len(request.payload),
            "instructions": len(request.instructions),
            "groups": None
            if is_kept
            else [[len(one) for one in group] for group in groups],
        }
    ).encode()
    blobs = () if is_kept else (blob for group in groups for blob in group)
    return (
        LENGTH.pack(len(header)),
        header,
        request.payload,
        request.instructions,
        *blobs,
    )


def read_request(stream: BinaryIO, kept: TrustMaterial = NO_MATERIAL) -> Request | None:
    """Read what `write_request` wrote; None at the end of the stream.

    Args:
        stream: what comes from the parent.
        kept: the material kept.

    Raises:
        EOFError: the stream ended within a request.
    """
    prefix = stream.read(LENGTH.size)
    if not prefix:
        return None
    header = json.loads(_exactly(stream, LENGTH.unpack(prefix)[0]))
    payload = _exactly(stream, header["payload"])
    instructions = _exactly(stream, header["instructions"])
    return Request(
        job=Job(header["job"]),
        payload=payload,
        material=_read_material(stream, header["groups"], kept),
        at=_parsed(header["at"]),
        instructions=instructions,
        proven_at=_parsed(header["proven_at"]),
        now=_parsed(header["now"]),
    )


def _read_material(
    stream: BinaryIO, groups: list[list[int]] | None, kept: TrustMaterial
) -> TrustMaterial:
    if groups is None:
        return kept
    read = (tuple(_exactly(stream, length) for length in group) for group in groups)
    roots, intermediates, crls, ocsps, policy = read
    rules = read_policy(policy[0]) if policy else None
    return TrustMaterial(roots, intermediates, crls, ocsps, rules)


def read_answer(answer: bytes) -> bytes:
    """Return the JSON of the result in an answer.

    Raises:
        WorkerFailure: the job failed, or this is no answer.
    """
    if answer.startswith(DONE):
        return answer.removeprefix(DONE)
    raise WorkerFailure(_failure_code(answer))


def _failure_code(answer: bytes) -> ErrorCode:
    try:
        return ErrorCode(answer.removeprefix(FAILED).decode("ascii"))
    except ValueError:
        return ErrorCode.PARSER_FAILED


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _parsed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
