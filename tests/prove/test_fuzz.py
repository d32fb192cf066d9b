"""Changed input to every parser: a coded outcome in time, and never a pass.

Each parser has `LIENTHONG_FUZZ_SECONDS`; `LIENTHONG_SEED` repeats a run.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.reading import open_envelope
from pki.path.judging import judge_chain
from pki.purposes import KeyPurpose
from pki.revocation.lists import read_revocation_list
from pki.trust import TrustMaterial, TrustStore
from schemas.edxml.body import BodyScanner, decode_attachment
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.edxml.reader import read
from schemas.edxml.validate import validate
from schemas.edxml.writer import write_status
from schemas.errors import CodedError, ErrorCode
from schemas.evidence import TreeHead, read_tree_head, write_tree_head
from schemas.receipt import read_receipt, write_acceptance, write_step
from schemas.verdict import Indication, Verdict
from schemas.xml import parse, serialize
from signing.api import verify_file
from signing.validation.cms import read_cms
from signing.validation.saved import saved_message
from signing.workers import Job, WorkerFailure
from signing.workers.pool import WorkerPool
from signing.xmldsig.sign import sign_envelope, sign_receipt
from signing.xmldsig.verify import verify_receipt
from tests.support import edxml, receipts
from tests.support.bodies import archive, attachment
from tests.support.cms import cut_signatures
from tests.support.evidence_bundle import ANNEX, Conversation
from tests.support.judged_pdf import PKI, TRUSTED, person_signed, roomy, sealed
from tests.support.mutating import Mutator
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER
from tests.support.signed_xml import signed_envelope, unsigned_envelope

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

_SECONDS = float(os.environ.get("LIENTHONG_FUZZ_SECONDS", "15"))
_SEED = int(os.environ.get("LIENTHONG_SEED", str(time.time_ns() % 100_000)))
_BOUND = 3.0
_PDF_BOUND, _PDF_SECONDS, _PDF_MEMORY = 14.0, 10.0, 1 << 30
_MATERIAL = PKI.material()


@dataclass(slots=True)
class Tally:
    """What came of the changed inputs of one parser."""

    parser: str
    folder: Path
    bound: float = _BOUND
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def case(self, data: bytes, judge: Callable[[], str]) -> None:
        """Judge one input; keep the input that breaks a rule."""
        began = time.perf_counter()
        try:
            outcome = judge()
        except Exception:
            self._keep(data)
            raise
        self.add(data, outcome, time.perf_counter() - began)

    def add(self, data: bytes, outcome: str, seconds: float) -> None:
        """Count an outcome; a slow one breaks the rule."""
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > self.bound:
            pytest.fail(f"{seconds:.1f} s: {self._keep(data)}")

    def report(self, seconds: float) -> None:
        """Print one line."""
        cases = self.outcomes.total()
        line = {
            "prove": "fuzz",
            "parser": self.parser,
            "seed": _SEED,
            "cases": cases,
            "per_second": round(cases / seconds, 1),
            "slowest_ms": round(1000 * self.slowest, 1),
            "outcomes": dict(self.outcomes.most_common(6)),
        }
        sys.stdout.write(json.dumps(line) + "\n")

    def _keep(self, data: bytes) -> Path:
        kept = self.folder / f"{self.parser}-{sha256(data).hexdigest()[:12]}"
        kept.write_bytes(data)
        return kept


@dataclass(frozen=True, slots=True)
class Target:
    """One parser: inputs that are right, and what it says of a changed one.

    Args:
        judge: takes the seed, the changed input and the mutator; gives the outcome,
            and raises when a rule is broken.
    """

    seeds: Callable[[], Sequence[bytes]]
    judge: Callable[[bytes, bytes, Mutator], str]


def _coded(work: Callable[[], str]) -> str:
    try:
        return work()
    except CodedError as error:
        return str(error.code)


@cache
def _multipart_seeds() -> tuple[bytes, ...]:
    zipped = archive([("a.txt", b"noi dung " * 200)])
    parts = [attachment("tep-1"), attachment("tep-2", content=zipped)]
    return tuple(
        _saved(*encode(unsigned_envelope([one.content_id for one in some]), some))
        for some in ([], parts[:1], parts)
    )


def _saved(content_type: str, body: bytes) -> bytes:
    return f"Content-Type: {content_type}\r\n\r\n".encode() + body


@cache
def _inline_seeds() -> tuple[bytes, ...]:
    xml = edxml.message_xml()
    return (
        with_inline_attachments(xml, [attachment()]),
        with_inline_attachments(xml, [attachment()], zipped=False),
        serialize(write_status(edxml.status())),
        edxml.soap_status_xml(default=""),
    )


def _scan_multipart(_seed: bytes, data: bytes, mutator: Mutator) -> str:
    def work() -> str:
        message = saved_message(data)
        return _scan(message.content_type, message.body, mutator)

    return _coded(work)


def _scan_inline(_seed: bytes, data: bytes, mutator: Mutator) -> str:
    return _coded(lambda: _scan("application/xml", data, mutator))


def _scan(content_type: str, body: bytes, mutator: Mutator) -> str:
    scanner = BodyScanner(content_type)
    for piece in mutator.pieces(body):
        scanner.feed(piece)
    scanned = scanner.finish()
    for one in scanned.attachments:
        raw = body[one.offset : one.offset + one.length]
        content = b"".join(decode_attachment(one, iter((raw,))))
        assert sha256(content).hexdigest() == one.content_sha256
    root = parse(scanned.xml)
    validate(root)
    read(root)
    return "read"


@cache
def _message_seeds() -> tuple[bytes, ...]:
    system = PKI.system()
    content = {"tep-1": b"noi dung 1" * 50, "tep-2": b"\0" * 300}
    signed = signed_envelope(system, content)
    parts = [
        attachment(content=one, content_id=name, content_type="text/plain")
        for name, one in content.items()
    ]
    status = serialize(write_status(edxml.status()))
    return (
        _saved(*encode(signed.xml, parts)),
        with_inline_attachments(signed.xml, parts, zipped=False),
        sign_envelope(status, credential=system, attachments=(), at=NOW),
    )


def _content_of(data: bytes) -> object:
    """What a reader of a message would take from it."""
    is_saved = data.startswith(b"Content-Type")
    content_type, body = "application/xml", data
    if is_saved:
        message = saved_message(data)
        content_type, body = message.content_type, message.body
    return open_envelope(content_type, body)


def _judge_message(seed: bytes, data: bytes, _mutator: Mutator) -> str:
    return _judge_file(seed, data, content_of=_content_of)


@cache
def _receipt_seeds() -> tuple[bytes, ...]:
    head = TreeHead(log_id="nhat-ky", size=5, root_hash=bytes(range(32)), at=NOW)
    hub = PKI.receipt()
    return (
        sign_receipt(write_acceptance(receipts.acceptance()), credential=hub, at=NOW),
        sign_receipt(write_step(receipts.step()), credential=hub, at=NOW),
        sign_receipt(write_tree_head(head), credential=PKI.log(), at=NOW),
    )


def _receipt_of(data: bytes) -> object:
    content = verify_receipt(parse(data)).content
    if b"TreeHead" in data[:200]:
        return read_tree_head(content)
    return read_receipt(content)


def _judge_receipt(seed: bytes, data: bytes, _mutator: Mutator) -> str:
    return _judge_file(seed, data, content_of=_receipt_of)


@cache
def _conversation() -> Conversation:
    return Conversation.create(PKI, [ANNEX])


def _bundle_seeds() -> tuple[bytes, ...]:
    return (_conversation().bundle(),)


def _judge_bundle(seed: bytes, data: bytes, _mutator: Mutator) -> str:
    material = _conversation().material()
    return _judge_file(seed, data, material=material, content_of=bytes)


_scratch: list[Path] = []


def _judge_file(
    seed: bytes,
    data: bytes,
    *,
    content_of: Callable[[bytes], object],
    material: TrustMaterial = _MATERIAL,
) -> str:
    """Judge a changed file: it passes only if it says the same as before."""
    path = _scratch[0] / "changed"
    path.write_bytes(data)
    verdict = verify_file(path, material=material, at=NOW)
    if verdict.indication is Indication.TOTAL_PASSED:
        assert content_of(data) == content_of(seed)
        return "passed, same content"
    assert verdict.reasons
    return str(verdict.reasons[0].code)


def _cms_seeds() -> tuple[bytes, ...]:
    signed = (person_signed(), sealed(), roomy())
    return tuple(cut.cms for one in signed for cut in cut_signatures(one))


def _read_cms(_seed: bytes, data: bytes, _mutator: Mutator) -> str:
    def work() -> str:
        read_cms(data)
        return "read"

    return _coded(work)


@cache
def _crl_seeds() -> tuple[bytes, ...]:
    return PKI.crls()


def _read_crl(seed: bytes, data: bytes, _mutator: Mutator) -> str:
    """Judge a chain with a changed list among good ones; only a genuine one counts."""

    def work() -> str:
        read_revocation_list(data).revoked_at(1)
        lists = tuple(data if one == seed else one for one in _crl_seeds())
        material = TrustMaterial(_MATERIAL.roots, _MATERIAL.intermediates, lists)
        judged = judge_chain(
            PKI.system().certificate,
            trust=TrustStore.from_material(material),
            at=NOW,
            usage=KeyPurpose.ENVELOPE,
        )
        if judged.indication is Indication.TOTAL_PASSED:
            assert data == seed
            return "passed, same content"
        return "read, not believed"

    return _coded(work)


@cache
def _trust() -> TrustStore:
    return TrustStore.from_material(_MATERIAL)


@cache
def _certificate_seeds() -> tuple[bytes, ...]:
    return (PKI.system().certificate.public_bytes(Encoding.DER),)


def _judge_certificate(seed: bytes, data: bytes, _mutator: Mutator) -> str:
    judged = judge_chain(data, trust=_trust(), at=NOW, usage=KeyPurpose.ENVELOPE)
    if judged.indication is Indication.TOTAL_PASSED:
        assert data == seed
        return "passed, same content"
    return str(judged.reasons[0].code)


_TARGETS = {
    "multipart body": Target(_multipart_seeds, _scan_multipart),
    "inline body": Target(_inline_seeds, _scan_inline),
    "signed message": Target(_message_seeds, _judge_message),
    "receipt": Target(_receipt_seeds, _judge_receipt),
    "bundle": Target(_bundle_seeds, _judge_bundle),
    "cms": Target(_cms_seeds, _read_cms),
    "crl": Target(_crl_seeds, _read_crl),
    "certificate": Target(_certificate_seeds, _judge_certificate),
}


@pytest.mark.parametrize("parser", _TARGETS)
def test_changed_input_has_a_coded_outcome_and_never_passes(
    parser: str, tmp_path: Path
) -> None:
    target, tally = _TARGETS[parser], Tally(parser.replace(" ", "-"), tmp_path)
    mutator = Mutator(target.seeds(), random.Random(_SEED))
    _scratch[:] = [tmp_path]
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        seed, data = mutator.pick()
        tally.case(data, partial(target.judge, seed, data, mutator))
    tally.report(_SECONDS)
    assert len(tally.outcomes) > 1


@pytest.fixture(scope="module")
def pdfs() -> tuple[bytes, ...]:
    """Signed outside of any event loop, for the signer runs its own."""
    return person_signed(), sealed(), roomy(), LETTER.read_bytes()


async def test_changed_pdf_is_judged_in_time_and_never_passes(
    tmp_path: Path, pdfs: tuple[bytes, ...]
) -> None:
    tally = Tally("pdf", tmp_path, bound=_PDF_BOUND)
    mutator = Mutator(pdfs, random.Random(_SEED))
    end = time.monotonic() + _SECONDS
    async with WorkerPool(1, _PDF_MEMORY, _PDF_SECONDS) as pool:
        while time.monotonic() < end:
            seed, data = mutator.pick()
            began = time.perf_counter()
            outcome = await _judge_pdf(pool, data)
            passed = outcome == str(Indication.TOTAL_PASSED)
            if passed and data != seed:
                pytest.fail(f"a changed file passes: {tally._keep(data)}")
            tally.add(data, outcome, time.perf_counter() - began)
    tally.report(_SECONDS)
    assert tally.outcomes[ErrorCode.PARSER_FAILED] == 0


async def _judge_pdf(pool: WorkerPool, data: bytes) -> str:
    try:
        verdict = await pool.run(Job.JUDGE_PDF, data, material=TRUSTED, at=NOW)
    except WorkerFailure as failure:
        return str(failure.code)
    assert isinstance(verdict, Verdict)
    by_signature = (reason for one in verdict.signatures for reason in one.reasons)
    reasons = [*by_signature, *verdict.reasons]
    return str(reasons[0].code if reasons else verdict.indication)
