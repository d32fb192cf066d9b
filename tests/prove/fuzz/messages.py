"""Bodies of messages, messages, receipts and bundles."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from random import Random

from pki.trust import TrustMaterial
from schemas.edxml.body import BodyScanner, decode_attachment
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.multipart import encode
from schemas.edxml.reader import read
from schemas.edxml.validate import validate
from schemas.edxml.writer import write_status
from schemas.evidence import TreeHead, read_tree_head, write_tree_head
from schemas.receipt import read_receipt
from schemas.xml import parse, serialize
from signing.api import verify_data
from signing.validation.saved import saved_message
from signing.xmldsig.sign import sign_envelope, sign_receipt
from signing.xmldsig.verify import verify_receipt
from tests.prove.fuzz.target import Target, coded, outcome_of, require
from tests.support import edxml, receipts
from tests.support.bodies import archive, attachment
from tests.support.evidence_bundle import ANNEX, Conversation
from tests.support.judged_pdf import PKI
from tests.support.mutating import Mutator
from tests.support.mutating_xml import changed_xml
from tests.support.pki import NOW
from tests.support.read_messages import message_read
from tests.support.receipts import write_acceptance, write_step
from tests.support.signed_xml import signed_envelope, unsigned_envelope

_CONTENT = {"tep-1": b"noi dung 1" * 50, "tep-2": b"\0" * 300}


def _saved(content_type: str, body: bytes) -> bytes:
    return f"Content-Type: {content_type}\r\n\r\n".encode() + body


def _multipart_bodies() -> tuple[bytes, ...]:
    zipped = archive([("a.txt", b"noi dung " * 200)])
    parts = [attachment("tep-1"), attachment("tep-2", content=zipped)]
    return tuple(
        _saved(*encode(unsigned_envelope([one.content_id for one in some]), some))
        for some in ([], parts[:1], parts)
    )


def _inline_bodies() -> tuple[bytes, ...]:
    xml = edxml.message_xml()
    return (
        with_inline_attachments(xml, [attachment()]),
        with_inline_attachments(xml, [attachment()], zipped=False),
        serialize(write_status(edxml.status())),
        edxml.soap_status_xml(default=""),
    )


def _scan_multipart(_seed: bytes, data: bytes, chance: Random) -> str:
    def work() -> str:
        message = saved_message(data)
        return _scan(message.content_type, message.body, chance)

    return coded(work)


def _scan_inline(_seed: bytes, data: bytes, chance: Random) -> str:
    return coded(lambda: _scan("application/xml", data, chance))


def _scan(content_type: str, body: bytes, chance: Random) -> str:
    scanner = BodyScanner(content_type)
    for piece in Mutator((), chance).pieces(body):
        scanner.feed(piece)
    scanned = scanner.finish()
    for one in scanned.attachments:
        raw = body[one.offset : one.offset + one.length]
        content = b"".join(decode_attachment(one, iter((raw,))))
        is_same = sha256(content).hexdigest() == one.content_sha256
        require(holds=is_same, rule="another attachment than was scanned")
    root = parse(scanned.xml)
    validate(root)
    read(root)
    return "read"


def _messages() -> tuple[bytes, ...]:
    system = PKI.system()
    signed = signed_envelope(system, _CONTENT)
    parts = [
        attachment(content=one, content_id=name, content_type="text/plain")
        for name, one in _CONTENT.items()
    ]
    status = serialize(write_status(edxml.status()))
    return (
        _saved(*encode(signed.xml, parts)),
        with_inline_attachments(signed.xml, parts, zipped=False),
        sign_envelope(status, credential=system, attachments=(), at=NOW),
    )


def _receipts() -> tuple[bytes, ...]:
    head = TreeHead(log_id="nhat-ky", size=5, root_hash=bytes(range(32)), at=NOW)
    hub = PKI.receipt()
    return (
        sign_receipt(write_acceptance(receipts.acceptance()), credential=hub, at=NOW),
        sign_receipt(write_step(receipts.step()), credential=hub, at=NOW),
        sign_receipt(write_tree_head(head), credential=PKI.log(), at=NOW),
    )


def _read_receipt(data: bytes) -> object:
    content = verify_receipt(parse(data)).content
    is_head = b"TreeHead" in data[:200]
    return read_tree_head(content) if is_head else read_receipt(content)


@cache
def _conversation() -> Conversation:
    return Conversation.create(PKI, [ANNEX])


def _judged(
    read_content: Callable[[bytes], object],
    material: Callable[[], TrustMaterial] = PKI.material,
) -> Callable[[bytes, bytes, Random], str]:
    """Return a judge of files: what passes must say what it said before."""
    known = cache(material)

    def judge(seed: bytes, data: bytes, _chance: Random) -> str:
        verdict = verify_data(data, material=known(), at=NOW)
        return outcome_of(verdict, lambda: read_content(data) == read_content(seed))

    return judge


TARGETS = {
    "multipart-body": Target(
        seeds=_multipart_bodies, judge=_scan_multipart, change=changed_xml
    ),
    "inline-body": Target(seeds=_inline_bodies, judge=_scan_inline, change=changed_xml),
    "message": Target(seeds=_messages, judge=_judged(message_read), change=changed_xml),
    "receipt": Target(
        seeds=_receipts, judge=_judged(_read_receipt), change=changed_xml
    ),
    "bundle": Target(
        seeds=lambda: (_conversation().bundle(),),
        judge=_judged(bytes, lambda: _conversation().material()),
    ),
}
