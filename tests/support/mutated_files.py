"""Genuine files changed at random by their structure, and what may come of them.

A changed file may pass only if what changed is covered by no signature: see
`uncovered` for PDF; of XML what a reader takes from it must be the same. Keys are made
anew in each process, so the same seed makes the same changes to files of other keys:
the file that breaks a rule is kept beside the roots and lists it was judged by.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Self

from pki.trust import TrustMaterial
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.errors import CodedError, ErrorCode
from schemas.receipt import read_receipt
from schemas.verdict import Indication, Verdict
from schemas.xml import parse
from signing.api import verify_data
from signing.profiles import SignatureLevel
from signing.workers import WorkerFailure, verdict_of_failure
from signing.workers.once import perform
from signing.workers.process import WorkerLimits, WorkerProcess
from signing.workers.protocol import Job, Request
from signing.xmldsig.sign import sign_receipt
from signing.xmldsig.verify import verify_receipt
from tests.support import receipts
from tests.support.bodies import attachment
from tests.support.judged_pdf import PKI, TRUSTED, person_signed, roomy, sealed
from tests.support.mutating import Mutator
from tests.support.mutating_pdf import changed_cms, changed_pdf
from tests.support.mutating_xml import changed_xml
from tests.support.pki import NOW
from tests.support.read_messages import message_read
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_xml import signed_envelope
from tests.support.timed_pdf import everything, example
from tests.support.uncovered import uncovered

_MEMORY, _SECONDS = 1 << 30, 10.0
_BOUND = _SECONDS + 4
_ROUNDS = (1, 1, 1, 2, 3)


class Kind(StrEnum):
    """What is changed."""

    PDF = "pdf"
    CMS = "cms"
    ENVELOPE = "envelope"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Genuine:
    """A file that passes, and by what."""

    data: bytes
    material: TrustMaterial = TRUSTED
    at: datetime = NOW


@cache
def genuine(kind: Kind) -> tuple[Genuine, ...]:
    """Return files to change; make them outside of an event loop."""
    if kind is Kind.ENVELOPE:
        return tuple(Genuine(one, PKI.material()) for one in _envelopes())
    if kind is Kind.RECEIPT:
        return tuple(Genuine(one, PKI.material()) for one in _receipts())
    plain = (person_signed(), sealed(), roomy())
    levels = (SignatureLevel.B_T, SignatureLevel.B_LT, SignatureLevel.B_LTA)
    return (*map(Genuine, plain), *map(_leveled, levels))


def _leveled(level: SignatureLevel) -> Genuine:
    desk, data = example(level)
    return Genuine(data, everything(desk), desk.now)


def _envelopes() -> tuple[bytes, ...]:
    content = {"tep-1": b"noi dung 1" * 50, "tep-2": b"\0" * 300}
    signed = signed_envelope(PKI.system(), content)
    parts = [
        attachment(content=one, content_id=name, content_type="text/plain")
        for name, one in content.items()
    ]
    kind, body = encode(signed.xml, parts)
    saved = f"Content-Type: {kind}\r\n\r\n".encode() + body
    return saved, with_inline_attachments(signed.xml, parts, zipped=False)


def _receipts() -> tuple[bytes, ...]:
    hub = PKI.receipt()
    written = (write_acceptance(receipts.acceptance()), write_step(receipts.step()))
    return tuple(sign_receipt(one, credential=hub, at=NOW) for one in written)


def _receipt(data: bytes) -> object:
    return read_receipt(verify_receipt(parse(data)).content)


_CHANGES: dict[Kind, Callable[[bytes, Random], bytes]] = {
    Kind.PDF: changed_pdf,
    Kind.CMS: changed_cms,
    Kind.ENVELOPE: changed_xml,
    Kind.RECEIPT: changed_xml,
}
_CONTENT = {Kind.ENVELOPE: message_read, Kind.RECEIPT: _receipt}


def made(kind: Kind, seed: int, number: int) -> tuple[Genuine, bytes]:
    """Return one genuine file and what becomes of it, the same for the same seed."""
    chance = Random(f"{kind}-{seed}-{number}")
    base = chance.choice(genuine(kind))
    data = base.data
    for _ in range(chance.choice(_ROUNDS)):
        try:
            data = _CHANGES[kind](data, chance)
        except (CodedError, ValueError, IndexError):
            _, data = Mutator((data,), chance).pick()
    return base, data


class Judge:
    """One warm worker for PDF files, replaced when a file breaks it."""

    def __init__(self) -> None:
        self._worker = self._spawned()

    def verdict(self, kind: Kind, base: Genuine, data: bytes) -> Verdict:
        """Judge as the product does."""
        if kind in _CONTENT:
            return verify_data(data, material=base.material, at=base.at)
        request = Request(
            job=Job.JUDGE_PDF, payload=data, material=base.material, at=base.at
        )
        try:
            found = perform(self._worker, request)
        except WorkerFailure as failure:
            self._worker.close()
            self._worker = self._spawned()
            return verdict_of_failure(failure)
        assert isinstance(found, Verdict)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()

    @staticmethod
    def _spawned() -> WorkerProcess:
        return WorkerProcess((Job.JUDGE_PDF,), WorkerLimits(_MEMORY, _SECONDS))


@dataclass(slots=True)
class Figures:
    """What came of the changed files of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Judges changed files; the first that breaks a rule ends it.

    Args:
        folder: where that file is kept.
    """

    kind: Kind
    seed: int
    folder: Path
    figures: Figures = field(default_factory=Figures)

    def judge(self, numbers: Sequence[int], until: Callable[[], bool]) -> None:
        """Judge the files of these numbers, or fewer."""
        with Judge() as judge:
            for number in numbers:
                if until():
                    break
                self._one(judge, number)

    def _one(self, judge: Judge, number: int) -> None:
        base, data = made(self.kind, self.seed, number)
        began = perf_counter()
        try:
            verdict = judge.verdict(self.kind, base, data)
            seconds = perf_counter() - began
            outcome = self._outcome(judge, base, data, verdict)
        except Exception as error:
            kept = self._kept(number, base, data)
            raise AssertionError(f"{error}: {kept}") from error
        self.figures.outcomes[outcome] += 1
        self.figures.slowest = max(self.figures.slowest, seconds)
        assert seconds < _BOUND, self._kept(number, base, data)

    def _outcome(
        self, judge: Judge, base: Genuine, data: bytes, verdict: Verdict
    ) -> str:
        if verdict.indication is not Indication.TOTAL_PASSED:
            own = [one for each in verdict.signatures for one in each.reasons]
            reasons = [*own, *verdict.reasons]
            assert reasons
            assert reasons[0].code is not ErrorCode.PARSER_FAILED
            return str(reasons[0].code)
        if data == base.data:
            return "unchanged"
        if self.kind in _CONTENT:
            read = _CONTENT[self.kind]
            assert read(data) == read(base.data)
        else:
            before = judge.verdict(self.kind, base, base.data)
            why = uncovered(base.data, before, data, verdict)
            assert why is None, why
        return "passed, what changed is not covered"

    def _kept(self, number: int, base: Genuine, data: bytes) -> str:
        kept = self.folder / f"{self.kind}-{sha256(data).hexdigest()[:12]}"
        kept.write_bytes(data)
        Path(f"{kept}.genuine").write_bytes(base.data)
        for name, ders in (("root", base.material.roots), ("crl", base.material.crls)):
            for place, der in enumerate(ders):
                Path(f"{kept}.{place}.{name}").write_bytes(der)
        return (
            f"{self.kind} LIENTHONG_SEED={self.seed} number {number}: {kept}"
            f" judged at {base.at:%Y-%m-%dT%H:%M:%SZ} (process {os.getpid()})"
        )
